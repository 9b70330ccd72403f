import { locale } from '@/app/language';
import { hourShape } from '@/design/clock';
import { whenText } from '@/design/When';

const DAY_MS = 86_400_000;
/** Within so many days a weekday says which day is meant. */
const NEAR_DAYS = 6;

/** A moment in few words, for a button: `Mon 09:00` in the next days, then `Mon, 7 Dec, 09:00`. */
export function briefly(at: Date, zone: string, now: number): string {
  const isNear = at.getTime() >= now && at.getTime() - now < NEAR_DAYS * DAY_MS;
  if (!isNear) return whenText(at, zone);
  return new Intl.DateTimeFormat(locale(), { weekday: 'short', ...hourShape(), timeZone: zone }).format(at);
}

/** Weekdays by their numbers, 0 is Monday: `Monday and Thursday`. */
export function weekdayWords(days: number[]): string {
  const words = new Intl.DateTimeFormat(locale(), { weekday: 'long', timeZone: 'UTC' });
  const named = days.map((day) => words.format(Date.UTC(2024, 0, 1 + day)));
  return new Intl.ListFormat(locale()).format(named);
}
