import { expect, test } from 'vitest';
import { clockChanges, DAY_MS, dayOf, dayOfText, localOfText, textOfDay, textOfLocal, Wall, weekdayOf } from './wall';

const amsterdam = new Wall('Europe/Amsterdam', Date.parse('2026-10-01T00:00Z'), Date.parse('2026-11-01T00:00Z'));
const at = (text: string) => Date.parse(text);

test('an instant is shown as the wall clock of the zone shows it, on both sides of a change', () => {
  expect(textOfLocal(amsterdam.local(at('2026-10-24T22:30:00Z')))).toBe('2026-10-25T00:30');
  expect(textOfLocal(amsterdam.local(at('2026-10-25T00:30:00Z')))).toBe('2026-10-25T02:30');
  expect(textOfLocal(amsterdam.local(at('2026-10-25T01:30:00Z')))).toBe('2026-10-25T02:30');
  expect(textOfLocal(amsterdam.local(at('2026-10-25T22:30:00Z')))).toBe('2026-10-25T23:30');
});

test('a time that comes twice is the first of the two, as the server takes it', () => {
  expect(amsterdam.instant(localOfText('2026-10-25T02:30'))).toEqual({
    at: at('2026-10-25T00:30:00Z'),
    isSkipped: false,
  });
});

test('a time that does not exist is the moment the clocks are changed', () => {
  const spring = new Wall('Europe/Amsterdam', at('2026-03-01T00:00Z'), at('2026-04-01T00:00Z'));
  expect(spring.instant(localOfText('2026-03-29T02:30'))).toEqual({ at: at('2026-03-29T01:00:00Z'), isSkipped: true });
});

test('every third hour of a year goes to the wall and back, in zones of every kind', () => {
  for (const zone of ['Etc/UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca']) {
    const wall = new Wall(zone, at('2026-01-01T00:00Z'), at('2027-01-01T00:00Z'));
    const known = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    for (let hour = at('2026-01-01T00:00Z'); hour < at('2027-01-01T00:00Z'); hour += 3 * 3_600_000) {
      const shown = known.format(hour).replace(' ', 'T');
      expect(textOfLocal(wall.local(hour)), `${zone} ${hour}`).toBe(shown);
      const back = wall.instant(wall.local(hour));
      expect(back.isSkipped).toBe(false);
      expect(wall.local(back.at)).toBe(wall.local(hour));
    }
  }
});

test('days on which the clocks change are known with what happens', () => {
  const first = dayOfText('2026-10-01') ?? 0;
  expect(clockChanges(amsterdam, first, 31)).toEqual([
    {
      day: dayOfText('2026-10-25'),
      kind: 'back',
      from: localOfText('2026-10-25T02:00'),
      until: localOfText('2026-10-25T03:00'),
    },
  ]);
  const spring = new Wall('America/New_York', at('2026-03-01T00:00Z'), at('2026-04-01T00:00Z'));
  expect(clockChanges(spring, dayOfText('2026-03-01') ?? 0, 31)).toMatchObject([{ kind: 'forward' }]);
  expect(clockChanges(new Wall('Etc/UTC', 0, DAY_MS), 0, 20)).toEqual([]);
});

test('days are counted, named and read back', () => {
  expect(textOfDay(dayOfText('2028-02-29') ?? 0)).toBe('2028-02-29');
  expect(dayOfText('2026-02-29')).toBeUndefined();
  expect(dayOfText('today')).toBeUndefined();
  expect(weekdayOf(dayOfText('2026-11-22') ?? 0)).toBe(0);
  expect(dayOf(localOfText('1969-12-31T23:59'))).toBe(-1);
});
