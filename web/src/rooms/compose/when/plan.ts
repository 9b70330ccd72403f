import type { Repeat, Schedule } from '@/api/schema';

/** When a post is to go out, as a person chose it. */
export type Plan =
  | { kind: 'now' }
  | { kind: 'time'; local: string; zone: string; repeat?: Repeat }
  | { kind: 'slot' }
  | { kind: 'each'; locals: Record<string, string>; zone: string };

/** How long something that goes out "now" can be taken back. */
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

/** The last date, so many weeks on: where a repetition ends unless somebody says otherwise. */
export function later(local: string, days: number): string {
  const date = new Date(`${local.slice(0, 10)}T00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
