import { describe, expect, it } from 'vitest';
import { later, repeatOf, scheduleOf, weekdayOf } from './plan';

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
