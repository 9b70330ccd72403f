import { expect, test } from 'vitest';
import type { PostBody } from '@/api/schema';
import { readPostsSearch, timeOf } from './list';

test('an address that says something unknown shows everything', () => {
  expect(readPostsSearch({ state: 'sideways', channel: 3, q: '' })).toEqual({
    state: undefined,
    channel: undefined,
    q: undefined,
  });
  expect(readPostsSearch({ state: 'needs_you', q: 'fog' })).toMatchObject({ state: 'needs_you', q: 'fog' });
});

test('a post is dated by what comes next, else by when it went out, else by when it was made', () => {
  const post = (publications: object[]) => ({ publications, changed_at: '2026-11-01' }) as unknown as PostBody;
  const live = { state: 'published', due_at: '2026-11-10', published_at: '2026-11-11' };
  expect(timeOf(post([live, { state: 'scheduled', due_at: '2026-11-20' }]))).toEqual({ at: '2026-11-20', kind: 'due' });
  expect(timeOf(post([live]))).toEqual({ at: '2026-11-11', kind: 'live' });
  expect(timeOf(post([{ state: 'missed', due_at: '2026-11-09' }]))).toEqual({ at: '2026-11-09', kind: 'due' });
  expect(timeOf(post([]))).toEqual({ at: '2026-11-01', kind: 'made' });
});
