import { expect, test } from 'vitest';
import { layOut } from './week';

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

test('what does not fit beside the others is counted by its hour', () => {
  const { placed, hidden } = layOut(
    Array.from({ length: 7 }, () => at(9, 5)),
    3,
  );
  expect(placed).toHaveLength(3);
  expect(hidden.map(({ minute, ones }) => [minute, ones.length])).toEqual([[540, 4]]);
});

test('a day with very many shows one an hour and counts the others', () => {
  const { placed, hidden } = layOut(
    Array.from({ length: 48 * 4 }, (_, quarter) => at(0, quarter * 7.5)),
    2,
  );
  expect(placed).toHaveLength(24);
  expect(placed.every(({ lanes }) => lanes === 1)).toBe(true);
  expect(hidden.reduce((sum, { ones }) => sum + ones.length, 0)).toBe(48 * 4 - 24);
});
