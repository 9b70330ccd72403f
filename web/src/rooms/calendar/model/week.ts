import { DAY_MS, MINUTE_MS } from './wall';

/** What is placed: it begins at a local time and is as high as half an hour. */
interface Placeable {
  local: number;
}

export interface Placed<T> {
  one: T;
  /** Minutes from midnight. */
  minute: number;
  lane: number;
  /** How many stand beside each other there. */
  lanes: number;
}

/** Those of half an hour that have no room beside the others. */
export interface Hidden<T> {
  minute: number;
  ones: T[];
}

/** How long an entry is drawn, in minutes: its height. Each half hour has room of its own. */
export const DRAWN_MINUTES = 30;

/** Whether what begins at these minutes stands beside each other. */
export function meets(one: number, other: number): boolean {
  return Math.abs(one - other) < DRAWN_MINUTES;
}

/**
 * Entries of one day beside each other where their times meet; what does not fit is counted at the right of them. Nothing
 * lies over anything else: a number takes its half hour as an entry does.
 */
export function layOut<T extends Placeable>(
  ones: readonly T[],
  lanes: number,
): {
  placed: Placed<T>[];
  hidden: Hidden<T>[];
} {
  const placed: Placed<T>[] = [];
  const hidden: Hidden<T>[] = [];
  let group: Placed<T>[] = [];
  let ends: number[] = [];
  let counted: Hidden<T> | undefined;
  const close = () => {
    for (const one of group) one.lanes = ends.length;
    placed.push(...group);
    [group, ends, counted] = [[], [], undefined];
  };
  const isOver = (begins: number, minute: number) => begins + DRAWN_MINUTES <= minute;
  for (const one of ones) {
    const minute = Math.floor((((one.local % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
    if (ends.every((end) => end <= minute) && (!counted || isOver(counted.minute, minute))) close();
    const free = ends.findIndex((end) => end <= minute);
    const lane = free >= 0 ? free : ends.length;
    if (lane < lanes) {
      ends[lane] = minute + DRAWN_MINUTES;
      group.push({ one, minute, lane, lanes: 1 });
    } else if (counted && !isOver(counted.minute, minute)) {
      counted.ones.push(one);
    } else {
      counted = { minute, ones: [one] };
      hidden.push(counted);
    }
  }
  close();
  return { placed, hidden };
}
