import { describe, expect, it } from 'vitest';
import { datesOf, later, type Repeating, repeatOf, scheduleOf, weekdayOf } from './plan';

const NOW = Date.parse('2030-01-01T09:00:00Z');
const ZONE = 'Europe/Amsterdam';

describe('a plan', () => {
  it('to go out now leaves ten seconds to take it back', () => {
    expect(scheduleOf({ kind: 'now' }, 'one', NOW)).toEqual({ at: '2030-01-01T09:00:10.000Z' });
  });

  it('is a local time with its zone, a slot, or a time for each channel', () => {
    const local = '2030-01-02T09:30';
    expect(scheduleOf({ kind: 'time', local, zone: ZONE }, 'one', NOW)).toEqual({ local, zone: ZONE });
    expect(scheduleOf({ kind: 'slot' }, 'one', NOW)).toEqual({ next_slot: true });
    expect(scheduleOf({ kind: 'each', locals: { one: local }, zone: ZONE }, 'one', NOW)).toEqual({ local, zone: ZONE });
  });
});

describe('a repetition', () => {
  const base = { interval: 1, weekdays: [0, 2], count: 4, until: '2030-03-01' };

  it('has weekdays only by the week, and one end', () => {
    expect(repeatOf({ ...base, every: 'week', end: 'count' })).toEqual({
      every: 'week',
      interval: 1,
      weekdays: [0, 2],
      count: 4,
    });
    expect(repeatOf({ ...base, every: 'month', end: 'until' })).toEqual({
      every: 'month',
      interval: 1,
      until: '2030-03-01',
    });
  });

  it('knows the weekday and the end of a date', () => {
    expect(weekdayOf('2030-01-01T09:00')).toBe(1);
    expect(later('2030-12-30T09:00', 7)).toBe('2031-01-06');
  });
});

describe('the days of a repetition', () => {
  const dates = (local: string, given: Partial<Repeating>) =>
    datesOf({ every: 'week', interval: 1, weekdays: [], end: 'count', count: 4, until: '', ...given }, local);

  it('are counted from the first, in whole weeks', () => {
    // 2 January 2030 is a Wednesday.
    expect(dates('2030-01-02T09:00', { weekdays: [4, 0], count: 3 })).toEqual([
      '2030-01-04',
      '2030-01-07',
      '2030-01-11',
    ]);
    expect(dates('2030-01-02T09:00', { interval: 2, count: 2 })).toEqual(['2030-01-02', '2030-01-16']);
    expect(dates('2030-01-30T09:00', { every: 'day', interval: 3, count: 2 })).toEqual(['2030-01-30', '2030-02-02']);
  });

  it('leave months out that do not have the day', () => {
    expect(dates('2030-01-31T09:00', { every: 'month', count: 3 })).toEqual(['2030-01-31', '2030-03-31', '2030-05-31']);
  });

  it('end with the last day, which counts', () => {
    const until = { end: 'until', until: '2030-01-16' } as const;
    expect(dates('2030-01-02T09:00', until)).toEqual(['2030-01-02', '2030-01-09', '2030-01-16']);
    expect(dates('2030-01-02T09:00', { end: 'until', until: '2030-01-01' })).toEqual([]);
    expect(dates('2030-01-02T09:00', { end: 'until', until: '2060-01-01', every: 'day' })).toHaveLength(500);
    expect(dates('2030-01-02T09:00', { end: 'until', until: '' })).toEqual([]);
  });
});
