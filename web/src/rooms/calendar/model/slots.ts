import type { CalendarItem, SlotBody } from '@/api/schema';
import { DAY_MS, dayOf, type Local, localOfText, MINUTE_MS, textOfDay, Wall, weekdayOf } from './wall';

/** A queue slot that nothing fills yet: when, and the channels that have it. */
export interface FreeSlot {
  key: string;
  at: number;
  local: Local;
  day: number;
  channels: string[];
}

/** Whether an item takes the slot at its time: what is unscheduled or failed does not. */
function takes({ state }: CalendarItem): boolean {
  return state !== 'cancelled' && state !== 'failed' && state !== 'deleted';
}

/** The free slots to come in some days, those of several channels at one time together. */
export function freeSlots(
  slots: readonly { channel: string; slots: readonly SlotBody[] }[],
  items: readonly CalendarItem[],
  wall: Wall,
  first: number,
  days: number,
  now: number,
): FreeSlot[] {
  if (slots.every(({ slots: weekly }) => weekly.length === 0)) return [];
  const taken = new Set(items.filter(takes).map(({ channel, due_at }) => place(channel, Date.parse(due_at))));
  const walls = new Map([[wall.zone, wall]]);
  const found = new Map<number, FreeSlot>();
  for (const { channel, slots: weekly } of slots) {
    for (const slot of weekly) {
      for (const at of occurrences(slot, wallOf(slot.zone), first, days)) {
        const local = wall.local(at);
        const day = dayOf(local);
        if (at <= now || day < first || day >= first + days || taken.has(place(channel, at))) continue;
        const known = found.get(at);
        if (known) known.channels.push(channel);
        else found.set(at, { key: `slot@${at / MINUTE_MS}`, at, local, day, channels: [channel] });
      }
    }
  }
  return [...found.values()].sort((one, other) => one.at - other.at);

  function wallOf(zone: string): Wall {
    const known = walls.get(zone) ?? new Wall(zone, first * DAY_MS, (first + days) * DAY_MS);
    walls.set(zone, known);
    return known;
  }
}

function place(channel: string, at: number): string {
  return `${channel}@${Math.floor(at / MINUTE_MS)}`;
}

/** The instants of a weekly slot in these days, and a day around them: its zone may be another than the one shown. */
function occurrences(slot: SlotBody, wall: Wall, first: number, days: number): number[] {
  const found: number[] = [];
  for (let day = first - 1; day <= first + days; day += 1) {
    if ((weekdayOf(day) + 6) % 7 !== slot.weekday) continue;
    found.push(wall.instant(localOfText(`${textOfDay(day)}T${slot.time}`)).at);
  }
  return found;
}
