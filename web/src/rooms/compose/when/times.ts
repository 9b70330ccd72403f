import {
  fromAbsolute,
  getHoursInDay,
  parseDate,
  parseDateTime,
  toCalendarDateTime,
  toZoned,
} from '@internationalized/date';
import { changeBetween } from '@/design/zones';

/** Local times and instants, by the zones of the browser. The server has the last word; this tells it beforehand. */

export interface Moment {
  at: Date;
  /** The clock shows this time twice that day; the first is meant. */
  isTwice: boolean;
}

/** A local time that the clock leaps over: what there is instead. */
export interface Gap {
  firstValid: string;
}

/** What the clock on the wall shows, as `2030-01-31T09:30`. */
export function localOf(at: Date, zone: string): string {
  return toCalendarDateTime(fromAbsolute(at.getTime(), zone)).toString().slice(0, 16);
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

function read<T>(text: string, parse: (text: string) => T): T | undefined {
  try {
    return parse(text);
  } catch {
    // Half a time, as it is typed.
    return undefined;
  }
}

/** The instant of a local time; a {@link Gap} if the clock never shows it; `undefined` for what is no time. */
export function instantOf(local: string, zone: string): Moment | Gap | undefined {
  const wall = read(local, parseDateTime);
  if (!wall) return undefined;
  const first = toZoned(wall, zone, 'earlier').toDate();
  const last = toZoned(wall, zone, 'later').toDate();
  if (localOf(first, zone) === local.slice(0, 16)) return { at: first, isTwice: first < last };
  return { firstValid: localOf(new Date(changeBetween(zone, first.getTime(), last.getTime())), zone) };
}

export function isGap(moment: Moment | Gap | undefined): moment is Gap {
  return moment !== undefined && 'firstValid' in moment;
}

/** A time to begin with: the next full hour that is at least half an hour away. */
export function suggestion(now: Date, zone: string): string {
  const soon = localOf(new Date(now.getTime() + 90 * MINUTE_MS), zone);
  return `${soon.slice(0, 13)}:00`;
}

/** Whether the zone's clocks change in the day of a local time, which is worth telling. */
export function changesThatDay(local: string, zone: string): 'forward' | 'back' | undefined {
  const day = read(local.slice(0, 10), parseDate);
  const hours = day ? getHoursInDay(day, zone) : 24;
  if (hours === 24) return undefined;
  return hours < 24 ? 'forward' : 'back';
}

export interface Slot {
  /** 0 is Monday. */
  weekday: number;
  /** `09:30`. */
  time: string;
  zone: string;
}

const AHEAD_DAYS = 92;

/** The next slot that nothing is scheduled at, as the server looks for it; `undefined` if there is none in three months. */
export function nextFree(slots: Slot[], now: Date, taken: Set<number>): Date | undefined {
  const zone = slots[0]?.zone;
  if (!zone) return undefined;
  const today = Date.parse(`${localOf(now, zone).slice(0, 10)}T00:00Z`);
  for (let day = today; day < today + AHEAD_DAYS * DAY_MS; day += DAY_MS) {
    const date = new Date(day);
    const weekday = (date.getUTCDay() + 6) % 7;
    const times = slots.filter((slot) => slot.weekday === weekday).map(({ time }) => time);
    for (const time of times.sort()) {
      const at = certain(`${date.toISOString().slice(0, 10)}T${time}`, zone);
      if (at && at > now && !taken.has(at.getTime())) return at;
    }
  }
  return undefined;
}

/** A queue slot in a gap is published as soon as the clock has leapt. */
function certain(local: string, zone: string): Date | undefined {
  const moment = instantOf(local, zone);
  if (!isGap(moment)) return moment?.at;
  const after = instantOf(moment.firstValid, zone);
  return isGap(after) ? undefined : after?.at;
}
