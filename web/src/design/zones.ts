import { fromAbsolute } from '@internationalized/date';
import { locale } from '@/app/language';
import { hourShape } from './clock';

/** Time zones by IANA name: their labels and current times. */

/** The zone of this device. */
export function guessZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'Etc/UTC';
}

/** All zones that this browser knows, plus UTC and the current one, which an older browser may not know. */
export function allZones(current: string): string[] {
  return [...new Set([current, 'Etc/UTC', ...Intl.supportedValuesOf('timeZone')])].sort();
}

/** `America/Argentina/Buenos_Aires` is "Buenos Aires, Argentina, America"; the place comes first, as people say it. */
export function zoneWords(zone: string): string {
  if (zone === 'Etc/UTC' || zone === 'UTC') return 'UTC';
  return zone.split('/').reverse().join(', ').replaceAll('_', ' ');
}

/** Only the place, to show beside a time. */
export function zonePlace(zone: string): string {
  return zoneWords(zone).split(',')[0] ?? zone;
}

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
export function aheadOf(zone: string, at: number): number {
  return fromAbsolute(at, zone).offset;
}

/** Its offset from UTC at that time: `+02:00`. */
export function zoneOffset(zone: string, at: Date): string {
  const minutes = Math.round(aheadOf(zone, at.getTime()) / 60_000);
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** When a zone's offset changes between two instants, to the second. */
export function changeBetween(zone: string, from: number, until: number): number {
  const before = aheadOf(zone, from);
  let [low, high] = [from, until];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (aheadOf(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

export function zoneTime(zone: string, at: Date): string {
  return new Intl.DateTimeFormat(locale(), { ...hourShape(), timeZone: zone }).format(at);
}
