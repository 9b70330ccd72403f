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

/** Making one takes far longer than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const two = '2-digit' as const;
  const shape = { hourCycle: 'h23' as const, year: 'numeric' as const, month: two, day: two, hour: two, minute: two };
  const made = new Intl.DateTimeFormat('en-US', { ...shape, timeZone: zone });
  clocks.set(zone, made);
  return made;
}

/** What the clock on the wall shows, as `2030-01-31T09:30`. */
export function localOf(at: Date, zone: string): string {
  const parts = clock(zone).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** How far a zone is ahead of UTC at an instant. */
function aheadMs(at: number, zone: string): number {
  return Date.parse(`${localOf(new Date(at), zone)}Z`) - Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** The instant of a local time; a {@link Gap} if the clock never shows it; `undefined` for what is no time. */
export function instantOf(local: string, zone: string): Moment | Gap | undefined {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return undefined;
  const shifts = [...new Set([aheadMs(wall - DAY_MS, zone), aheadMs(wall + DAY_MS, zone)])];
  const fits = shifts.map((shift) => wall - shift).filter((at) => localOf(new Date(at), zone) === local.slice(0, 16));
  const [first] = fits.sort((one, other) => one - other);
  if (first !== undefined) return { at: new Date(first), isTwice: fits.length > 1 };
  return { firstValid: afterGap(wall, shifts, zone) };
}

/** The change lies between the two readings of the time that does not exist; halving finds the minute. */
function afterGap(wall: number, shifts: number[], zone: string): string {
  const readings = shifts.map((shift) => wall - shift);
  let [before, after] = [Math.min(...readings) - MINUTE_MS, Math.max(...readings)];
  const from = aheadMs(before, zone);
  while (after - before > MINUTE_MS) {
    const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (aheadMs(middle, zone) === from) before = middle;
    else after = middle;
  }
  return localOf(new Date(after), zone);
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
  const noon = Date.parse(`${local.slice(0, 10)}T12:00Z`);
  if (Number.isNaN(noon)) return undefined;
  const there = noon - aheadMs(noon, zone);
  const [begin, end] = [aheadMs(there - DAY_MS / 2, zone), aheadMs(there + DAY_MS / 2, zone)];
  if (begin === end) return undefined;
  return end > begin ? 'forward' : 'back';
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

/** A queue slot in a gap goes out as soon as the clock has leapt. */
function certain(local: string, zone: string): Date | undefined {
  const moment = instantOf(local, zone);
  if (!isGap(moment)) return moment?.at;
  const after = instantOf(moment.firstValid, zone);
  return isGap(after) ? undefined : after?.at;
}
