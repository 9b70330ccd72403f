import { expect, test } from 'vitest';
import type { PostBody, PostCounts } from '@/api/schema';
import { ASKED_BY, countOf, GROUPS, readPostsSearch, timeOf } from './list';

test('an address that says something unknown shows everything', () => {
  expect(readPostsSearch({ state: 'sideways', channel: 3, q: '' })).toEqual({
    state: undefined,
    channel: undefined,
    q: undefined,
  });
  expect(readPostsSearch({ state: 'needs_you', q: 'fog' })).toMatchObject({ state: 'needs_you', q: 'fog' });
});

test('a post is dated by what comes next, else since when it is live, else by when it was planned or edited', () => {
  const post = (standing: object, more: object = {}) =>
    ({ publications: [], changed_at: '2026-11-01', standing, ...more }) as unknown as PostBody;
  const live = { live_since: '2026-11-11' };
  expect(timeOf(post({ ...live, next: '2026-11-20' }))).toEqual({ at: '2026-11-20', kind: 'due' });
  expect(timeOf(post(live))).toEqual({ at: '2026-11-11', kind: 'live' });
  const missed = { publications: [{ state: 'missed', due_at: '2026-11-09' }] };
  expect(timeOf(post({}, missed))).toEqual({ at: '2026-11-09', kind: 'due' });
  expect(timeOf(post({}, { planned: { at: '2026-12-24' } }))).toEqual({ at: '2026-12-24', kind: 'planned' });
  expect(timeOf(post({}))).toEqual({ at: '2026-11-01', kind: 'made' });
});

test('a group is counted as it is asked for, so that the number is the length of its list', () => {
  const states = ['draft', 'in_review', 'scheduled', 'publishing', 'published', 'partly_published', 'needs_you'];
  const all = [...states, 'failed', 'cancelled', 'deleted'];
  const counts = Object.fromEntries(all.map((state, place) => [state, 10 ** place])) as unknown as PostCounts;
  for (const group of GROUPS) {
    const { state = [], attention } = ASKED_BY[group];
    const wanted = attention ? 7 : state.reduce((sum, one) => sum + 10 ** all.indexOf(one), 0);
    expect(countOf({ ...counts, attention: 7 }, group)).toBe(wanted);
  }
});
