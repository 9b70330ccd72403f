import { DAY_MS, HOUR_MS, MINUTE_MS } from './wall';

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

export interface Hidden<T> {
  minute: number;
  ones: T[];
}

/** How long an entry is drawn, in minutes: its height. */
export const DRAWN_MINUTES = 40;

/** From so many entries on, a day shows one an hour, and the number of the others. */
const DENSE_FROM = 30;

/** Entries of one day beside each other where their times meet, and what does not fit, by the hour. */
export function layOut<T extends Placeable>(
  ones: readonly T[],
  lanes: number,
): {
  placed: Placed<T>[];
  hidden: Hidden<T>[];
} {
  const isDense = ones.length >= DENSE_FROM;
  const [lanesMax, apart] = isDense ? [1, 60] : [lanes, DRAWN_MINUTES];
  const placed: Placed<T>[] = [];
  const hidden = new Map<number, T[]>();
  let group: Placed<T>[] = [];
  let ends: number[] = [];
  const close = () => {
    for (const one of group) one.lanes = ends.length;
    placed.push(...group);
    [group, ends] = [[], []];
  };
  for (const one of ones) {
    const minute = Math.floor((((one.local % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
    if (ends.length > 0 && ends.every((end) => end <= minute)) close();
    const free = ends.findIndex((end) => end <= minute);
    const lane = free >= 0 ? free : ends.length;
    if (lane >= lanesMax) {
      const hour = Math.floor((minute * MINUTE_MS) / HOUR_MS);
      const left = hidden.get(hour);
      if (left) left.push(one);
      else hidden.set(hour, [one]);
      continue;
    }
    ends[lane] = minute + apart;
    group.push({ one, minute, lane, lanes: 1 });
  }
  close();
  return { placed, hidden: [...hidden].map(([hour, left]) => ({ minute: hour * 60, ones: left })) };
}
