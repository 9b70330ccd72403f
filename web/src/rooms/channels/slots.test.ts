import { expect, test } from 'vitest';
import { add, clearDay, copyDay, inOrder, instant, isSame, nextFree, ofDay, PRESETS, remove } from './slots';

const ZONE = 'Europe/Amsterdam';
/** A Tuesday, 10:00 local. */
const NOW = Date.parse('2030-01-01T09:00:00Z');
const free = (slots: { weekday: number; time: string }[], taken: string[] = []) => {
  const at = nextFree(slots, ZONE, NOW, new Set(taken.map((one) => Date.parse(one))));
  return at === undefined ? undefined : new Date(at).toISOString();
};

test('the first free slot is found, and a taken one is passed over', () => {
  const slots = [
    { weekday: 1, time: '11:00' },
    { weekday: 3, time: '09:30' },
  ];
  expect(free(slots)).toBe('2030-01-01T10:00:00.000Z');
  expect(free(slots, ['2030-01-01T10:00:00Z'])).toBe('2030-01-03T08:30:00.000Z');
});

test('a slot that has passed today is next week’s, and without slots there is none', () => {
  expect(free([{ weekday: 1, time: '10:00' }])).toBe('2030-01-08T09:00:00.000Z');
  expect(free([])).toBeUndefined();
});

test('a local time that does not exist is the jump, and one that comes twice is the first', () => {
  const at = (local: string) => new Date(instant(Date.parse(`${local}Z`), ZONE)).toISOString();
  expect(at('2026-03-29T02:30')).toBe('2026-03-29T01:00:00.000Z');
  expect(at('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
  expect(at('2026-07-01T12:00')).toBe('2026-07-01T10:00:00.000Z');
});

test('slots are added once, in the order of the week, and taken away', () => {
  const slots = add([{ weekday: 4, time: '09:00' }], '16:30', [4, 0]);
  expect(slots).toEqual([
    { weekday: 0, time: '16:30' },
    { weekday: 4, time: '09:00' },
    { weekday: 4, time: '16:30' },
  ]);
  expect(add(slots, '09:00', [4])).toEqual(slots);
  expect(ofDay(remove(slots, { weekday: 4, time: '16:30' }), 4)).toEqual(['09:00']);
  expect(ofDay(clearDay(slots, 4), 4)).toEqual([]);
});

test('a day copied to others replaces theirs and keeps itself', () => {
  const slots = [
    { weekday: 0, time: '08:00' },
    { weekday: 0, time: '12:00' },
    { weekday: 1, time: '23:00' },
    { weekday: 6, time: '10:00' },
  ];
  const copied = copyDay(slots, 0, [0, 1, 2]);
  expect(ofDay(copied, 0)).toEqual(['08:00', '12:00']);
  expect(ofDay(copied, 1)).toEqual(['08:00', '12:00']);
  expect(ofDay(copied, 2)).toEqual(['08:00', '12:00']);
  expect(ofDay(copied, 6)).toEqual(['10:00']);
});

test('ready-made weeks are weeks', () => {
  expect(PRESETS.twice).toHaveLength(10);
  expect(PRESETS.daily).toHaveLength(7);
  for (const slots of Object.values(PRESETS)) expect(inOrder(slots)).toEqual(slots);
  expect(isSame(PRESETS.weekly, [...PRESETS.weekly].reverse())).toBe(true);
  expect(isSame(PRESETS.weekly, PRESETS.daily)).toBe(false);
});
