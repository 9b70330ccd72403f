import { hourShape, isTwelve } from '@/design/clock';
import { DAY_MS, type Local } from './wall';

/** Days and times in words. Local times are formatted as if in UTC, which is how they are kept. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, shape: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(shape)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...shape, timeZone: 'UTC' });
  formats.set(key, known);
  return known;
}

const times = new Map<string, string>();

/** `09:30`, or `9:30 am` where people write it so. */
export function timeWords(locale: string, local: Local): string {
  const key = `${locale} ${Math.floor(local / 60_000) % 1440}`;
  const known = times.get(key) ?? format(locale, hourShape(locale)).format(local);
  times.set(key, known);
  return known;
}

/** The same where there is little room: `9:30AM`, and `9:30am` for the Dutch `9:30 a.m.`. */
export function shortTimeWords(locale: string, local: Local): string {
  return timeWords(locale, local).replaceAll(/\s|(?<=[a-z])\./gi, '');
}

/** A full hour: `09:00`, or `9 AM`. */
export function hourWords(locale: string, local: Local): string {
  return isTwelve(locale) ? format(locale, { hour: 'numeric' }).format(local) : timeWords(locale, local);
}

/** `Sunday 22 November`. */
export function dayWords(locale: string, day: number): string {
  return format(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(day * DAY_MS);
}

/** `Sunday 22 November, 09:30`. */
export function momentWords(locale: string, local: Local): string {
  return `${dayWords(locale, Math.floor(local / DAY_MS))}, ${timeWords(locale, local)}`;
}

export function weekdayWords(locale: string, day: number, width: 'long' | 'short' | 'narrow'): string {
  return format(locale, { weekday: width }).format(day * DAY_MS);
}

export function monthWords(locale: string, day: number, isShort = false): string {
  return format(locale, { month: isShort ? 'short' : 'long', year: 'numeric' }).format(day * DAY_MS);
}

/** `1 Dec` on the first of a month, else the number alone. */
export function dayNumber(locale: string, day: number): string {
  const date = new Date(day * DAY_MS).getUTCDate();
  return date === 1 ? format(locale, { day: 'numeric', month: 'short' }).format(day * DAY_MS) : String(date);
}

/** `16 – 22 November 2026`, short `16 – 22 Nov`. Two months are always short, `30 Nov – 6 Dec 2026`: a title has one line. */
export function spanWords(locale: string, first: number, last: number, isShort = false): string {
  const monthOf = (day: number) => new Date(day * DAY_MS).getUTCMonth();
  const month = isShort || monthOf(first) !== monthOf(last) ? 'short' : 'long';
  const shape: Intl.DateTimeFormatOptions = isShort ? { month } : { month, year: 'numeric' };
  return format(locale, { day: 'numeric', ...shape }).formatRange(first * DAY_MS, last * DAY_MS);
}

const lists = new Map<string, Intl.ListFormat>();

/** `Bluesky, Mastodon and X`. */
export function listWords(locale: string, words: readonly string[]): string {
  const known = lists.get(locale) ?? new Intl.ListFormat(locale, { style: 'narrow', type: 'conjunction' });
  lists.set(locale, known);
  return known.format(words);
}

/** At the beginning of a line: in Dutch days and months are written small. */
export function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
