import { DAY_MS, dayOf, type Local, MINUTE_MS, textOfLocal, Wall } from './wall';

/** Where a post begins that is asked for by a press on the calendar. */

const HALF_HOUR = 30 * MINUTE_MS;
/** At what hour the posts of an empty day begin. */
const MORNING = 9 * 60 * MINUTE_MS;
/** Sooner than that no one has written anything. */
const AHEAD = 15 * MINUTE_MS;

/** A time for a post on a day: in the morning, or if that has passed, the next half hour. None on a day that is over. */
export function beginOfDay(day: number, now: Local): Local | undefined {
  const soon = Math.ceil((now + AHEAD) / HALF_HOUR) * HALF_HOUR;
  const begin = Math.max(day * DAY_MS + MORNING, soon);
  return dayOf(begin) === day ? begin : undefined;
}

/** The half hour that was pressed; while it lasts, the next one. None that has passed. */
export function beginAt(pressed: Local, now: Local): Local | undefined {
  const half = Math.floor(pressed / HALF_HOUR) * HALF_HOUR;
  if (half > now) return half;
  return half + HALF_HOUR > now ? half + HALF_HOUR : undefined;
}

/** What the composer's address says: its times are the workspace's, whatever the calendar shows. */
export function composeSearch(local: Local, wall: Wall, zone: string, channels: readonly string[] = []) {
  const { at } = wall.instant(local);
  const there = wall.zone === zone ? local : new Wall(zone, at, at).local(at);
  return { at: textOfLocal(there), ...(channels.length > 0 ? { channel: channels.join(',') } : {}) };
}
