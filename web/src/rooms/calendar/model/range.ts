import { DAY_MS, dayOf, Wall, weekdayOf } from './wall';

/** Which days a view shows. */
export type View = 'month' | 'week' | 'list';
export const VIEWS: View[] = ['month', 'week', 'list'];

/** How many days the list shows from its date on. */
const LIST_DAYS = 28;

export interface Range {
  view: View;
  /** The day that the person chose. */
  day: number;
  first: number;
  days: number;
  /** The month in the middle, by its first day; only the month view has days outside it. */
  month: number;
}

const CHOSEN: Record<string, number> = { sun: 0, mon: 1, sat: 6 };

/** 0 is Sunday. What the locale says by itself (`u-fw`). Otherwise what this browser knows of the locale, and for one that does not say, Monday but for where it is not. */
export function weekStart(locale: string): number {
  const chosen = CHOSEN[/-fw-([a-z]{3})/.exec(locale)?.[1] ?? ''];
  if (chosen !== undefined) return chosen;
  const known = new Intl.Locale(locale) as Intl.Locale & {
    getWeekInfo?: () => { firstDay: number };
    weekInfo?: { firstDay: number };
  };
  const first = (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay;
  if (first !== undefined) return first % 7;
  return ['US', 'CA', 'MX', 'BR', 'JP', 'IL', 'IN', 'ZA'].includes(known.maximize().region ?? '') ? 0 : 1;
}

function monthOf(day: number): { first: number; days: number } {
  const date = new Date(day * DAY_MS);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS;
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
  return { first, days: next - first };
}

export function rangeOf(view: View, day: number, startsOn: number): Range {
  const month = monthOf(day);
  const back = (from: number) => from - ((weekdayOf(from) - startsOn + 7) % 7);
  if (view === 'list') return { view, day, first: day, days: LIST_DAYS, month: month.first };
  if (view === 'week') return { view, day, first: back(day), days: 7, month: month.first };
  const first = back(month.first);
  return { view, day, first, days: Math.ceil((month.first + month.days - first) / 7) * 7, month: month.first };
}

/** The day to go to when one turns the page: a month keeps its day of the month where it can. */
export function turned(range: Range, pages: 1 | -1): number {
  if (range.view !== 'month') return range.day + pages * (range.view === 'week' ? 7 : LIST_DAYS);
  const there = monthOf(pages === 1 ? range.month + 31 : range.month - 1);
  return there.first + Math.min(range.day - range.month, there.days - 1);
}

/** The clock of the zone for these days, with the instants they begin and end at. */
export function clockOf(zone: string, { first, days }: Range): { wall: Wall; from: number; until: number } {
  const wall = new Wall(zone, first * DAY_MS, (first + days) * DAY_MS);
  return { wall, from: wall.instant(first * DAY_MS).at, until: wall.instant((first + days) * DAY_MS).at };
}

export function isIn(range: Range, day: number): boolean {
  return day >= range.first && day < range.first + range.days;
}

export function today(wall: Wall, now: number): number {
  return dayOf(wall.local(now));
}
