import { locale } from '@/app/language';

/** Formats and parses times of day. The only place that decides between `15:30` and `3:30 PM`. */

/** Whether a locale uses a 12-hour clock. */
export function isTwelve(tag: string = locale()): boolean {
  return /-hc-h1[12]/.test(tag);
}

/** The hour and minute of an `Intl.DateTimeFormat`: `09:30` with 24 hours, `9:30 AM` with 12. */
export function hourShape(tag: string = locale()): Intl.DateTimeFormatOptions {
  return { hour: isTwelve(tag) ? 'numeric' : '2-digit', minute: '2-digit' };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats a stored time such as `21:30` for the person's clock. */
export function clockWords(time: string, tag: string = locale()): string {
  if (!/^\d\d:\d\d/.test(time)) return time;
  const known = formats.get(tag) ?? new Intl.DateTimeFormat(tag, { ...hourShape(tag), timeZone: 'UTC' });
  formats.set(tag, known);
  return known.format(new Date(`1970-01-01T${time.slice(0, 5)}Z`));
}

const TIME = /^(\d{1,2})(?:\s*[:.h]?\s*(\d\d))?\s*(?:([ap])\.?\s*m?\.?)?$/i;

/**
 * Parses a typed time: `9:30`, `0930`, `9.30 pm`, `21h30`. An hour alone only counts when typing is finished; before that
 * it may be the beginning of a time.
 */
export function readClock(typed: string, isDone = false): string | undefined {
  const found = TIME.exec(typed.trim());
  if (!found) return undefined;
  const [, hours = '', minutes, half] = found;
  if (minutes === undefined && !isDone) return undefined;
  const hour = Number(hours);
  if (half && (hour < 1 || hour > 12)) return undefined;
  const whole = half ? (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : hour;
  if (whole > 23 || Number(minutes ?? 0) > 59) return undefined;
  return `${String(whole).padStart(2, '0')}:${minutes ?? '00'}`;
}
