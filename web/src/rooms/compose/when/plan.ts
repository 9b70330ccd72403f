import type { Repeat, Schedule } from '@/api/schema';

/** When a post is to be published, as a person chose it. */
export type Plan =
  | { kind: 'now' }
  | { kind: 'time'; local: string; zone: string; repeat?: Repeat }
  | { kind: 'slot' }
  | { kind: 'each'; locals: Record<string, string>; zone: string };

/** How long something that is published "now" can be taken back. */
const UNDO_MS = 10_000;

/** What is asked of the server for all channels; a time for each channel is asked for with {@link scheduleOf}. */
export function scheduleOf(plan: Plan, channel: string, serverNow: number): Schedule {
  switch (plan.kind) {
    case 'now':
      return { at: new Date(serverNow + UNDO_MS).toISOString() };
    case 'time':
      return { local: plan.local, zone: plan.zone };
    case 'slot':
      return { next_slot: true };
    case 'each':
      return { local: plan.locals[channel] ?? '', zone: plan.zone };
  }
}

export type End = 'count' | 'until';

/** How a post recurs, as the form has it. */
export interface Repeating {
  every: Repeat['every'];
  interval: number;
  /** 0 is Monday; for weeks. */
  weekdays: number[];
  end: End;
  count: number;
  until: string;
}

/** The weekday of a local date; 0 is Monday. */
export function weekdayOf(local: string): number {
  return (new Date(`${local.slice(0, 10)}T00:00Z`).getUTCDay() + 6) % 7;
}

export function repeatOf({ every, interval, weekdays, end, count, until }: Repeating): Repeat {
  return {
    every,
    interval,
    ...(every === 'week' && weekdays.length > 0 ? { weekdays } : {}),
    ...(end === 'count' ? { count } : { until }),
  };
}

/** The last date, so many weeks on: where a repetition ends unless someone says otherwise. */
export function later(local: string, days: number): string {
  const date = new Date(`${local.slice(0, 10)}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** No rule has more occurrences (the server's `OCCURRENCES_MAX`). */
const OCCURRENCES_MAX = 500;
const DAY_MS = 86_400_000;

/** The local dates of a repetition from its first day on, as the server lays them out. */
export function datesOf({ every, interval, weekdays, end, count, until }: Repeating, local: string): string[] {
  const first = Date.parse(`${local.slice(0, 10)}T00:00Z`);
  const most = end === 'count' ? Math.min(count, OCCURRENCES_MAX) : OCCURRENCES_MAX;
  const last = end === 'until' ? Date.parse(`${until}T00:00Z`) : Number.POSITIVE_INFINITY;
  const found: string[] = [];
  // A 31st that is asked for each month comes at least in every second one; nothing else leaves a turn out.
  for (let turn = 0; found.length < most && turn <= 12 * OCCURRENCES_MAX; turn += 1) {
    const days = daysOf(every, turn * interval, first, weekdays);
    if (Number.isNaN(first) || Number.isNaN(last) || days.some((day) => day > last)) {
      return [...found, ...days.filter((day) => day >= first && day <= last).map(dateOf)].slice(0, most);
    }
    found.push(...days.filter((day) => day >= first).map(dateOf));
  }
  return found.slice(0, most);
}

const dateOf = (day: number) => new Date(day).toISOString().slice(0, 10);

/** The days of one turn: one day, the chosen days of a week, or the day of a month that has it. */
function daysOf(every: Repeat['every'], units: number, first: number, weekdays: number[]): number[] {
  if (every === 'day') return [first + units * DAY_MS];
  if (every === 'month') {
    const begun = new Date(first);
    const day = Date.UTC(begun.getUTCFullYear(), begun.getUTCMonth() + units, begun.getUTCDate());
    return new Date(day).getUTCDate() === begun.getUTCDate() ? [day] : [];
  }
  const weekday = weekdayOf(dateOf(first));
  const monday = first + (units * 7 - weekday) * DAY_MS;
  const chosen = weekdays.length > 0 ? [...new Set(weekdays)].sort((one, other) => one - other) : [weekday];
  return chosen.map((day) => monday + day * DAY_MS);
}
