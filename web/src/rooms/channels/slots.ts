/** Queue slots: weekly times on a channel, in the channel's zone. Pure; the server has the last word on what is free. */
export interface Slot {
  /** 0 is Monday. */
  weekday: number;
  /** Local time, `09:30`. */
  time: string;
}

export const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const;
const WORKDAYS = [0, 1, 2, 3, 4];
/** How many days ahead a free slot is looked for here. */
const AHEAD_DAYS = 62;

function key({ weekday, time }: Slot): string {
  return `${weekday} ${time}`;
}

/** Each once, in the order of the week. */
export function inOrder(slots: Slot[]): Slot[] {
  const each = new Map(slots.map(({ weekday, time }) => [key({ weekday, time }), { weekday, time }]));
  return [...each.values()].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

export function add(slots: Slot[], time: string, days: Iterable<number>): Slot[] {
  return inOrder([...slots, ...Array.from(days, (weekday) => ({ weekday, time }))]);
}

export function remove(slots: Slot[], gone: Slot): Slot[] {
  return slots.filter((slot) => key(slot) !== key(gone));
}

export function clearDay(slots: Slot[], weekday: number): Slot[] {
  return slots.filter((slot) => slot.weekday !== weekday);
}

/** Gives other days the times of one; their own are replaced. */
export function copyDay(slots: Slot[], from: number, to: readonly number[]): Slot[] {
  const times = ofDay(slots, from);
  const others = slots.filter(({ weekday }) => !to.includes(weekday) || weekday === from);
  return inOrder([...others, ...to.flatMap((weekday) => times.map((time) => ({ weekday, time })))]);
}

export function ofDay(slots: Slot[], weekday: number): string[] {
  return slots.filter((slot) => slot.weekday === weekday).map(({ time }) => time);
}

const every = (days: readonly number[], times: string[]) =>
  inOrder(days.flatMap((weekday) => times.map((time) => ({ weekday, time }))));

/** Ready-made weeks, from little to much. */
export const PRESETS = {
  weekly: every([1], ['10:00']),
  thrice: every([0, 2, 4], ['10:00']),
  workdays: every(WORKDAYS, ['09:30']),
  twice: every(WORKDAYS, ['09:00', '16:30']),
  daily: every(WEEKDAYS, ['18:00']),
} as const;
export type Preset = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

export function isSame(one: Slot[], other: Slot[]): boolean {
  return inOrder(one).map(key).join() === inOrder(other).map(key).join();
}

/** What the clock on the wall of a zone shows, as if it were UTC. */
function wall(at: number, zone: string): number {
  const parts = Object.fromEntries(
    clock(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const clocks = new Map<string, Intl.DateTimeFormat>();
function clock(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const numeric = 'numeric' as const;
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  const made = new Intl.DateTimeFormat('en-GB', { ...parts, hourCycle: 'h23', timeZone: zone });
  clocks.set(zone, made);
  return made;
}

/**
 * The instant of a local time, given as if it were UTC. Of a time that comes twice the first; a time that the clocks jump
 * over gives the instant of the jump, as the server has it.
 */
export function instant(local: number, zone: string): number {
  const day = 24 * 3_600_000;
  const offsets = [local - day, local + day].map((at) => wall(at, zone) - at);
  const fits = offsets.map((offset) => local - offset).filter((at) => wall(at, zone) === local);
  if (fits.length > 0) return Math.min(...fits);
  let [before, after] = [local - day, local + day];
  while (after - before > 1_000) {
    const middle = Math.floor((before + after) / 2);
    if (wall(middle, zone) < local) before = middle;
    else after = middle;
  }
  return Math.round(after / 60_000) * 60_000;
}

/** The first slot after `now` at which nothing is scheduled. */
export function nextFree(slots: Slot[], zone: string, now: number, taken: ReadonlySet<number>): number | undefined {
  const today = new Date(wall(now, zone));
  const sorted = inOrder(slots);
  for (let ahead = 0; ahead < AHEAD_DAYS && sorted.length > 0; ahead += 1) {
    const midnight = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + ahead);
    const weekday = (new Date(midnight).getUTCDay() + 6) % 7;
    for (const time of ofDay(sorted, weekday)) {
      const [hours = 0, minutes = 0] = time.split(':').map(Number);
      const at = instant(midnight + (hours * 60 + minutes) * 60_000, zone);
      if (at > now && !taken.has(at)) return at;
    }
  }
  return undefined;
}
