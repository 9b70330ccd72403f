import { expect, test } from 'vitest';
import { layOut, meets } from './week';

const at = (hours: number, minutes = 0) => ({ local: (hours * 60 + minutes) * 60_000 });

test('entries apart have the whole width, entries at one time share it', () => {
  const { placed, hidden } = layOut([at(8), at(9), at(9, 10), at(12)], 3);
  expect(placed.map(({ minute, lane, lanes }) => [minute, lane, lanes])).toEqual([
    [480, 0, 1],
    [540, 0, 2],
    [550, 1, 2],
    [720, 0, 1],
  ]);
  expect(hidden).toEqual([]);
});

test('a post at every half hour is shown as itself', () => {
  const halves = Array.from({ length: 48 }, (_, half) => at(0, half * 30));
  for (const lanes of [1, 2]) {
    const { placed, hidden } = layOut(halves, lanes);
    expect(placed.map(({ lanes }) => lanes)).toEqual(Array(48).fill(1));
    expect(hidden).toEqual([]);
  }
});

test('what does not fit beside the others is counted in its half hour', () => {
  const { placed, hidden } = layOut(
    Array.from({ length: 7 }, () => at(9, 5)),
    3,
  );
  expect(placed).toHaveLength(3);
  expect(hidden.map(({ minute, ones }) => [minute, ones.length])).toEqual([[545, 4]]);
});

test.each([
  ['every half hour', 30, 1],
  ['every quarter of an hour', 15, 2],
  ['every seven minutes', 7, 2],
  ['every eleven minutes in one lane', 11, 1],
  ['three at every half hour', 10, 1],
])('nothing lies over anything else: %s', (_, apart, lanes) => {
  const all = Array.from({ length: Math.floor(1440 / apart) }, (_, n) => at(0, n * apart));
  const { placed, hidden } = layOut(all, lanes);
  expect(placed.length + hidden.reduce((sum, { ones }) => sum + ones.length, 0)).toBe(all.length);
  for (const [place, one] of placed.entries()) {
    for (const other of placed.slice(place + 1)) {
      if (meets(one.minute, other.minute)) expect(one.lane).not.toBe(other.lane);
    }
  }
  for (const [place, { minute }] of hidden.entries()) {
    for (const other of hidden.slice(place + 1)) expect(meets(minute, other.minute)).toBe(false);
  }
});
