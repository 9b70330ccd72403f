import { expect, test } from 'vitest';
import type { CalendarItem } from '@/api/schema';
import { byDay, entriesOf, filtered, live, movable, stuck, unschedulable, worst } from './entries';
import { thousandPosts } from './generated';
import { textOfDay, Wall } from './wall';

const wall = new Wall('Europe/Amsterdam', Date.parse('2026-11-01T00:00Z'), Date.parse('2026-12-01T00:00Z'));

function item(more: Partial<CalendarItem>): CalendarItem {
  return {
    publication: `pub_${more.channel ?? 'one'}`,
    post: 'pst_1',
    channel: 'chn_1',
    due_at: '2026-11-22T08:00:00Z',
    state: 'scheduled',
    text: 'Corner one: the coal quay',
    media: 0,
    parts: 1,
    ...more,
  } as CalendarItem;
}

test('a post is one entry however many channels it goes to, and says the worst of them', () => {
  const entries = entriesOf(
    [
      item({ channel: 'a', state: 'published' }),
      item({ channel: 'b', state: 'needs_eyes' }),
      item({ channel: 'c', state: 'scheduled' }),
      item({ post: 'pst_2', channel: 'a' }),
    ],
    wall,
  );
  expect(entries.map(({ post, state, items }) => [post, state, items.length])).toEqual([
    ['pst_1', 'needs_eyes', 3],
    ['pst_2', 'scheduled', 1],
  ]);
  expect(live(entries[0] as (typeof entries)[0])).toBe(1);
});

test('what no longer fits its channel stands out before its time, and is found among what needs attention', () => {
  const items = [item({ channel: 'a' }), item({ channel: 'b', reason: 'no_longer_fits' })];
  expect(entriesOf(items, wall)[0]?.state).toBe('no_longer_fits');
  const found = (state: 'needs_you' | 'scheduled') =>
    filtered(items, { channels: [], states: [state], words: '' }).map(({ channel }) => channel);
  expect([found('needs_you'), found('scheduled')]).toEqual([['b'], ['a', 'b']]);
});

test('a post with two times is two entries, each on its day in the zone', () => {
  const entries = entriesOf([item({}), item({ channel: 'b', due_at: '2026-11-22T23:30:00Z' })], wall);
  expect(entries.map(({ day }) => textOfDay(day))).toEqual(['2026-11-22', '2026-11-23']);
  expect(byDay(entries).size).toBe(2);
});

test('an occurrence of a post that repeats says so, whichever channel comes first', () => {
  const [one] = entriesOf([item({}), item({ channel: 'b', series: 'ser_1' })], wall);
  expect(one?.series).toBe('ser_1');
  expect(entriesOf([item({})], wall)[0]?.series).toBeUndefined();
});

test('unscheduled publications count last', () => {
  expect(worst([{ state: 'cancelled' }, { state: 'published' }])).toBe('published');
  expect(worst([{ state: 'cancelled' }])).toBe('cancelled');
});

test('what cannot be moved says why', () => {
  const why = (...items: CalendarItem[]) => stuck(entriesOf(items, wall)[0] as ReturnType<typeof entriesOf>[0]);
  expect(why(item({}))).toBeUndefined();
  expect(why(item({ state: 'missed' }))).toBeUndefined();
  expect(why(item({ series: 'ser_1' }))).toBeUndefined();
  expect(why(item({ series: 'ser_1', state: 'missed' }))).toBe('recurs');
  expect(why(item({ state: 'armed' }))).toBe('onItsWay');
  expect(why(item({ state: 'needs_eyes' }))).toBe('needsEyes');
  expect(why(item({ state: 'published' }))).toBe('published');
  expect(why(item({ state: 'failed' }))).toBe('failed');
  const [partly] = entriesOf([item({ state: 'published' }), item({ channel: 'b', state: 'missed' })], wall);
  expect(partly && movable(partly).map(({ channel }) => channel)).toEqual(['b']);
  expect(partly && unschedulable(partly).map(({ channel }) => channel)).toEqual(['b']);
});

test('filters combine, and leave out unscheduled posts unless asked for', () => {
  const items = [
    item({ channel: 'a' }),
    item({ channel: 'b', state: 'parked', text: 'Fog, finally' }),
    item({ channel: 'c', state: 'cancelled' }),
  ];
  const kept = (filters: Partial<Parameters<typeof filtered>[1]>) =>
    filtered(items, { channels: [], states: [], words: '', ...filters }).map(({ channel }) => channel);
  expect(kept({})).toEqual(['a', 'b']);
  expect(kept({ states: ['needs_you'] })).toEqual(['b']);
  expect(kept({ states: ['cancelled', 'scheduled'] })).toEqual(['a', 'c']);
  expect(kept({ channels: ['a'] })).toEqual(['a']);
  expect(kept({ words: 'FOG fin' })).toEqual(['b']);
});

test('ten thousand posts are put into their days in one pass', () => {
  const items = thousandPosts(10_000, Date.parse('2026-11-01T00:00Z'), 30);
  const none = { channels: [], states: [], words: '' };
  // The best of some runs, and a limit that a busy machine keeps: looking through all posts for each takes many seconds.
  const took = Array.from({ length: 9 }, () => {
    const began = performance.now();
    expect([...byDay(entriesOf(filtered(items, none), wall)).values()].flat()).toHaveLength(10_000);
    return performance.now() - began;
  });
  expect(Math.min(...took), `${took} ms`).toBeLessThan(1_000);
});
