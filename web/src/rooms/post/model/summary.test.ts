import { expect, test } from 'vitest';
import type { PostBody, PublicationBody } from '@/api/schema';
import { beginning, inOrder, isEditable, isMovable, missing, summaryOf } from './summary';

let n = 0;
const on = (state: string, more: Partial<PublicationBody> = {}) =>
  ({
    id: `pub_${n++}`,
    channel: `chn_${n}`,
    due_at: '2026-11-24T08:00:00Z',
    parts: 1,
    parts_live: state === 'published' ? 1 : 0,
    state,
    ...more,
  }) as PublicationBody;
const post = (...publications: PublicationBody[]) => ({ publications, parts: [], variants: [] }) as unknown as PostBody;

test('partial success is counted over the channels that were not called off', () => {
  const { kind, live, count, needs } = summaryOf(post(on('published'), on('published'), on('failed'), on('cancelled')));
  expect([kind, live, count, needs]).toEqual(['partly', 2, 3, 1]);
});

test('a thread that stopped in the middle is partly live', () => {
  expect(summaryOf(post(on('failed', { parts: 3, parts_live: 2 }))).kind).toBe('partly');
  expect(summaryOf(post(on('failed'))).kind).toBe('none');
});

test('every state of a post has its summary', () => {
  expect(summaryOf(post()).kind).toBe('draft');
  expect(summaryOf(post(on('scheduled'), on('cancelled'))).kind).toBe('scheduled');
  expect(summaryOf(post(on('scheduled', { series: 'ser_1' }))).kind).toBe('recurs');
  expect(summaryOf(post(on('armed'), on('published'))).kind).toBe('publishing');
  expect(summaryOf(post(on('published'))).kind).toBe('live');
  expect(summaryOf(post(on('cancelled'))).kind).toBe('cancelled');
  expect(summaryOf(post(on('cancelled'), on('deleted'))).kind).toBe('deleted');
  expect(summaryOf(post(on('published'), on('deleted')))).toMatchObject({ kind: 'live', count: 1 });
});

test('what needs attention comes first', () => {
  const order = inOrder([on('published'), on('scheduled'), on('unknown'), on('needs_eyes'), on('cancelled')]);
  expect(order.map(({ state }) => state)).toEqual(['needs_eyes', 'unknown', 'scheduled', 'published', 'cancelled']);
});

test('only what is surely not live is missing, and only what has not begun can be changed or moved', () => {
  expect(missing(post(on('failed'), on('needs_eyes'), on('missed'))).map(({ state }) => state)).toEqual([
    'failed',
    'missed',
  ]);
  expect(isEditable(post(on('scheduled'), on('failed')))).toBe(true);
  expect(isEditable(post(on('scheduled'), on('published')))).toBe(false);
  expect(isEditable(post(on('failed', { parts_live: 1 })))).toBe(false);
  expect(isMovable(on('scheduled', { series: 'ser_1' }))).toBe(false);
  expect(isMovable(on('missed'))).toBe(true);
});

test('a long text is cut at a word', () => {
  const long = { parts: [{ text: 'Fog, finally.\nCorner five, or what can be seen of it' }], variants: [] };
  expect(beginning(long as unknown as PostBody, 30)).toBe('Fog, finally. Corner five, or…');
});
