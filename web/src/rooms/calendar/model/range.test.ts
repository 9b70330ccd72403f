import { expect, test } from 'vitest';
import { clockOf, isIn, rangeOf, turned, weekStart } from './range';
import { dayOfText, textOfDay } from './wall';

const day = (text: string) => dayOfText(text) ?? 0;
const MONDAY = 1;

test('a month begins with the week of its first day, as the place has it', () => {
  expect(textOfDay(rangeOf('month', day('2026-11-22'), MONDAY).first)).toBe('2026-10-26');
  expect(textOfDay(rangeOf('month', day('2026-11-22'), 0).first)).toBe('2026-11-01');
  expect(rangeOf('month', day('2026-11-22'), MONDAY).days).toBe(42);
  expect(rangeOf('month', day('2027-02-10'), MONDAY).days).toBe(28);
});

test('weeks begin by the locale', () => {
  expect(weekStart('nl-NL')).toBe(1);
  expect(weekStart('en-GB')).toBe(1);
  expect(weekStart('en-US')).toBe(0);
});

test('weeks begin as the person chose, whatever the locale', () => {
  expect(weekStart('nl-NL-u-fw-sun-hc-h23')).toBe(0);
  expect(weekStart('en-US-u-fw-mon-hc-h12')).toBe(1);
  expect(weekStart('nl-NL-u-fw-sat-hc-h23')).toBe(6);
  expect(textOfDay(rangeOf('month', day('2026-11-22'), 6).first)).toBe('2026-10-31');
});

test('a turned month keeps its day where it can', () => {
  const turn = (text: string, pages: 1 | -1) => textOfDay(turned(rangeOf('month', day(text), MONDAY), pages));
  expect(turn('2026-01-31', 1)).toBe('2026-02-28');
  expect(turn('2026-03-15', -1)).toBe('2026-02-15');
  expect(turn('2026-12-05', 1)).toBe('2027-01-05');
});

test('a week is turned by seven days and holds its day', () => {
  const week = rangeOf('week', day('2026-11-22'), MONDAY);
  expect(textOfDay(week.first)).toBe('2026-11-16');
  expect(textOfDay(turned(week, 1))).toBe('2026-11-29');
  expect(isIn(week, day('2026-11-22'))).toBe(true);
  expect(isIn(week, day('2026-11-23'))).toBe(false);
});

test('the range is asked for from midnight to midnight of the zone', () => {
  const { from, until } = clockOf('Europe/Amsterdam', rangeOf('week', day('2026-10-25'), MONDAY));
  expect(new Date(from).toISOString()).toBe('2026-10-18T22:00:00.000Z');
  expect(new Date(until).toISOString()).toBe('2026-10-25T23:00:00.000Z');
});
