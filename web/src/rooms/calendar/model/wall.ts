import { aheadOf, changeBetween } from '@/design/zones';

/**
 * The clock on the wall of one zone, for a stretch of time: instants to local times and back, without asking the browser
 * for every one of ten thousand. A local time is kept as milliseconds too, as if that wall were in UTC, so that days and
 * hours are plain arithmetic on it.
 */
export type Local = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** How far around the stretch changes of the clock are known: as far as one can move something from it. */
const AROUND_MS = 70 * DAY_MS;

/** A change of the clocks: how far it was from UTC before and is after, in milliseconds. */
export interface Change {
  at: number;
  before: number;
  after: number;
}

export class Wall {
  readonly changes: Change[] = [];
  private readonly first: number;

  constructor(
    readonly zone: string,
    from: number,
    until: number,
  ) {
    let at = Math.floor((from - AROUND_MS) / 1000) * 1000;
    let before = aheadOf(zone, at);
    this.first = before;
    for (; at < until + AROUND_MS; at += DAY_MS) {
      const after = aheadOf(zone, at + DAY_MS);
      if (after !== before) this.changes.push({ at: changeBetween(zone, at, at + DAY_MS), before, after });
      before = after;
    }
  }

  local(at: number): Local {
    let offset = this.first;
    for (const change of this.changes) if (at >= change.at) offset = change.after;
    return at + offset;
  }

  /**
   * The instant of a local time. One that the clock shows twice is the first of the two, as the server takes it; one that
   * it never shows is the moment the clocks are changed.
   */
  instant(local: Local): { at: number; isSkipped: boolean } {
    const offsets = new Set([this.first, ...this.changes.flatMap(({ before, after }) => [before, after])]);
    const fitting = [...offsets].map((offset) => local - offset).filter((at) => this.local(at) === local);
    if (fitting.length > 0) return { at: Math.min(...fitting), isSkipped: false };
    const gap = this.changes.find(({ at, before, after }) => local >= at + before && local < at + after);
    return { at: gap?.at ?? local - this.first, isSkipped: true };
  }
}

/** What the clocks do on a day: the local times that do not exist, or that come twice. */
export interface ClockChange {
  day: number;
  kind: 'forward' | 'back';
  from: Local;
  until: Local;
}

export function clockChanges(wall: Wall, firstDay: number, days: number): ClockChange[] {
  return wall.changes
    .map(({ at, before, after }): ClockChange => {
      const [from, until] = [at + Math.min(before, after), at + Math.max(before, after)];
      return { day: dayOf(from), kind: after > before ? 'forward' : 'back', from, until };
    })
    .filter(({ day }) => day >= firstDay && day < firstDay + days);
}

/* Days are counted from 1 January 1970. */

export function dayOf(local: Local): number {
  return Math.floor(local / DAY_MS);
}

/** 0 is Sunday, as in `Date`. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

export function textOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day of `2026-11-22`; `undefined` if there is no such day. */
export function dayOfText(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || textOfDay(at / DAY_MS) !== text ? undefined : at / DAY_MS;
}

/** `2026-11-22T09:30`, as the API takes it. */
export function textOfLocal(local: Local): string {
  return new Date(local).toISOString().slice(0, 16);
}

/** The local time of `2026-11-22T09:30` or `2026-11-22T09:30:00`. */
export function localOfText(text: string): Local {
  return Date.parse(`${text.slice(0, 16)}:00Z`);
}
