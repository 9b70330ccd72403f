import { expect, test } from 'vitest';
import type { CalendarItem, SlotBody } from '@/api/schema';
import { freeSlots } from './slots';
import { dayOfText, textOfLocal, Wall } from './wall';

const wall = new Wall('Europe/Amsterdam', Date.parse('2026-10-19T00:00Z'), Date.parse('2026-11-02T00:00Z'));
const first = dayOfText('2026-10-19') ?? 0;
const slot = (weekday: number, time: string, zone = 'Europe/Amsterdam'): SlotBody => ({
  id: `slt_${weekday}${time}`,
  weekday,
  time,
  zone,
});
const NOW = Date.parse('2026-10-20T00:00Z');

test('slots keep their local time through a change of the clocks, and those of the past are gone', () => {
  const found = freeSlots([{ channel: 'a', slots: [slot(0, '09:00')] }], [], wall, first, 14, NOW);
  expect(found.map(({ at }) => new Date(at).toISOString())).toEqual(['2026-10-26T08:00:00.000Z']);
});

test('a slot that a post fills is not free, unless the post was unscheduled', () => {
  const item = (state: string) => ({ channel: 'a', due_at: '2026-10-26T08:00:00Z', state }) as CalendarItem;
  const left = (state: string) =>
    freeSlots([{ channel: 'a', slots: [slot(0, '09:00')] }], [item(state)], wall, first, 14, NOW).length;
  expect(left('scheduled')).toBe(0);
  expect(left('cancelled')).toBe(1);
});

test('slots of several channels at one time are one', () => {
  const slots = [
    { channel: 'a', slots: [slot(2, '09:00')] },
    { channel: 'b', slots: [slot(2, '08:00', 'Europe/London')] },
  ];
  const found = freeSlots(slots, [], wall, first, 7, NOW);
  expect(found.map(({ local, channels }) => [textOfLocal(local), channels])).toEqual([
    ['2026-10-21T09:00', ['a', 'b']],
  ]);
});
