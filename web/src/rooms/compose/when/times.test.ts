import { describe, expect, it } from 'vitest';
import { changesThatDay, instantOf, isGap, localOf, nextFree, suggestion } from './times';

const AMSTERDAM = 'Europe/Amsterdam';

function at(local: string, zone: string): string {
  const moment = instantOf(local, zone);
  if (!moment || isGap(moment)) throw new Error('a gap');
  return `${moment.at.toISOString()}${moment.isTwice ? ' twice' : ''}`;
}

describe('a local time', () => {
  it('is an instant in its zone', () => {
    expect(at('2026-07-01T12:00', AMSTERDAM)).toBe('2026-07-01T10:00:00.000Z');
    expect(at('2026-01-01T00:30', 'Asia/Kathmandu')).toBe('2025-12-31T18:45:00.000Z');
    expect(at('2026-01-01T00:30', 'Pacific/Kiritimati')).toBe('2025-12-31T10:30:00.000Z');
  });

  it('that the clock leaps over is told with the first one after it', () => {
    expect(instantOf('2026-03-29T02:30', AMSTERDAM)).toEqual({ firstValid: '2026-03-29T03:00' });
    expect(instantOf('2026-03-08T02:00', 'America/New_York')).toEqual({ firstValid: '2026-03-08T03:00' });
    expect(instantOf('2026-10-04T02:15', 'Australia/Lord_Howe')).toEqual({ firstValid: '2026-10-04T02:30' });
  });

  it('that comes twice is the first of the two', () => {
    expect(at('2026-10-25T02:30', AMSTERDAM)).toBe('2026-10-25T00:30:00.000Z twice');
    expect(at('2026-10-25T03:00', AMSTERDAM)).toBe('2026-10-25T02:00:00.000Z');
  });

  it('must be one', () => {
    expect(instantOf('', AMSTERDAM)).toBeUndefined();
    expect(instantOf('2026-13-01T00:00', AMSTERDAM)).toBeUndefined();
  });

  it('comes back from its instant, at any minute of the days on which clocks change', () => {
    for (const zone of [AMSTERDAM, 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca']) {
      for (let ms = Date.UTC(2026, 2, 28); ms < Date.UTC(2026, 3, 6); ms += 15 * 60_000) {
        const moment = instantOf(localOf(new Date(ms), zone), zone);
        if (!moment || isGap(moment)) throw new Error(`${zone} ${new Date(ms).toISOString()}`);
        expect(moment.at.getTime() === ms || moment.isTwice).toBe(true);
      }
    }
  });
});

describe('around it', () => {
  it('a day on which clocks change is known', () => {
    expect(changesThatDay('2026-03-29T18:00', AMSTERDAM)).toBe('forward');
    expect(changesThatDay('2026-10-25T09:00', AMSTERDAM)).toBe('back');
    expect(changesThatDay('2026-10-26T09:00', AMSTERDAM)).toBeUndefined();
    expect(changesThatDay('2026-03-08T09:00', 'America/New_York')).toBe('forward');
  });

  it('the time to begin with is the next full hour with room before it', () => {
    expect(suggestion(new Date('2026-07-01T10:20:00Z'), AMSTERDAM)).toBe('2026-07-01T13:00');
    expect(suggestion(new Date('2026-12-31T22:40:00Z'), AMSTERDAM)).toBe('2027-01-01T01:00');
  });
});

describe('the next free slot', () => {
  const slots = [
    { weekday: 1, time: '11:00', zone: AMSTERDAM },
    { weekday: 3, time: '09:30', zone: AMSTERDAM },
  ];
  const tuesday = new Date('2030-01-01T09:00:00Z');

  it('is the first in time, and a taken one is passed over', () => {
    const first = nextFree(slots, tuesday, new Set());
    expect(first?.toISOString()).toBe('2030-01-01T10:00:00.000Z');
    const second = nextFree(slots, tuesday, new Set([first?.getTime() ?? 0]));
    expect(second?.toISOString()).toBe('2030-01-03T08:30:00.000Z');
  });

  it('is none without slots', () => {
    expect(nextFree([], tuesday, new Set())).toBeUndefined();
  });
});
