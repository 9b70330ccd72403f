import { expect, test } from 'vitest';
import type { PostBody, PublicationBody } from '@/api/schema';
import { beginning, inOrder, isEditable, isMovable, missing, needsAttention, shownOf, summaryOf } from './summary';

let n = 0;
const on = (state: string, more: Partial<PublicationBody> = {}) => {
  n += 1;
  return {
    id: `pub_${String(n).padStart(3, '0')}`,
    channel: `chn_${n}`,
    due_at: '2026-11-24T08:00:00Z',
    parts: 1,
    parts_live: state === 'published' ? 1 : 0,
    state,
    ...more,
  } as PublicationBody;
};
const NOTHING = { channels: 0, live: 0, attention: 0, replaced: [] };
const post = (publications: PublicationBody[], more: Partial<PostBody> = {}) =>
  ({ publications, parts: [], variants: [], state: 'draft', standing: NOTHING, ...more }) as unknown as PostBody;

test('the sentence about a post is that of its state, with the numbers of the server', () => {
  const standing = { ...NOTHING, channels: 3, live: 2, attention: 1, next: '2026-12-01T09:00:00Z' };
  const partly = summaryOf(post([on('published')], { state: 'partly_published', standing }));
  expect(partly).toEqual({ kind: 'partly', live: 2, count: 3, needs: 1, next: '2026-12-01T09:00:00Z' });
  expect(summaryOf(post([])).kind).toBe('draft');
  expect(summaryOf(post([], { state: 'in_review' })).kind).toBe('review');
  expect(summaryOf(post([on('failed', { parts: 3, parts_live: 2 })], { state: 'needs_you' })).kind).toBe('partly');
  expect(summaryOf(post([on('failed')], { state: 'failed' })).kind).toBe('none');
  expect(summaryOf(post([on('scheduled')], { state: 'scheduled' })).kind).toBe('scheduled');
  const weekly = [{ to_come: 3 }] as PostBody['series'];
  expect(summaryOf(post([on('scheduled')], { state: 'scheduled', series: weekly })).kind).toBe('repeats');
  const paused = [{ to_come: 0, paused_at: '2026-11-24T08:00:00Z' }] as PostBody['series'];
  expect(summaryOf(post([on('cancelled')], { state: 'cancelled', series: paused })).kind).toBe('paused');
});

test('the sentence never says more than the server does', () => {
  const states = [
    'draft',
    'in_review',
    'scheduled',
    'publishing',
    'published',
    'partly_published',
    'needs_you',
    'failed',
  ];
  for (const state of [...states, 'cancelled', 'deleted'] as PostBody['state'][]) {
    for (let channels = 0; channels < 4; channels += 1) {
      for (let live = 0; live <= channels; live += 1) {
        const said = summaryOf(post([], { state, standing: { ...NOTHING, channels, live } }));
        expect([said.live, said.count]).toEqual([live, channels]);
        expect(said.kind === 'live').toBe(state === 'published');
        if (said.kind === 'none') expect(live).toBe(0);
      }
    }
  }
});

test('a scheduled post that no longer fits comes first, also as one date of a series', () => {
  const misfit = { reason: 'no_longer_fits', detail: 'The text is too long.' };
  const [plain, tight] = [on('scheduled'), on('scheduled', misfit)];
  expect(inOrder([plain, tight])).toEqual([tight, plain]);
  expect(needsAttention(tight)).toBe(true);
  expect(needsAttention(on('published', misfit))).toBe(false);
  const dates = [on('scheduled', { series: 'ser_1' }), on('scheduled', { series: 'ser_1', ...misfit })];
  expect(shownOf(post(dates))).toEqual([dates[1]]);
});

test('what was replaced is not shown again, and a series not one by one', () => {
  const [old, now] = [on('cancelled'), on('published')];
  const series = [on('scheduled', { series: 'ser_1' }), on('published', { series: 'ser_1' })];
  const shown = shownOf(post([old, now, ...series], { standing: { ...NOTHING, replaced: [old.id] } }));
  expect(shown.map(({ state, series: of }) => [state, of])).toEqual([
    ['published', undefined],
    ['published', 'ser_1'],
  ]);
});

test('what needs attention comes first', () => {
  const order = inOrder([on('published'), on('scheduled'), on('unknown'), on('needs_eyes'), on('cancelled')]);
  expect(order.map(({ state }) => state)).toEqual(['needs_eyes', 'unknown', 'scheduled', 'published', 'cancelled']);
});

test('only what is surely not live is missing, and only what has not begun can be changed or moved', () => {
  expect(missing(post([on('failed'), on('needs_eyes'), on('missed')])).map(({ state }) => state)).toEqual([
    'failed',
    'missed',
  ]);
  expect(isEditable(post([on('scheduled'), on('failed')]))).toBe(true);
  expect(isEditable(post([on('scheduled'), on('published')]))).toBe(false);
  expect(isEditable(post([on('failed', { parts_live: 1 })]))).toBe(false);
  expect(isMovable(on('scheduled', { series: 'ser_1' }))).toBe(false);
  expect(isMovable(on('missed'))).toBe(true);
});

test('a long text is cut at a word', () => {
  const long = { parts: [{ text: 'Fog, finally.\nCorner five, or what can be seen of it' }], variants: [] };
  expect(beginning(long as unknown as PostBody, 30)).toBe('Fog, finally. Corner five, or…');
});
