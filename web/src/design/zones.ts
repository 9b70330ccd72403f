import { locale } from '@/app/language';
import { hourShape } from './clock';

/** Time zones by their IANA names: how they are called, and what time it is there. */

/** The zone of this device. */
export function guessZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'Etc/UTC';
}

/** All that this browser knows, with UTC and the one at hand, which an older browser may not know. */
export function allZones(current: string): string[] {
  return [...new Set([current, 'Etc/UTC', ...Intl.supportedValuesOf('timeZone')])].sort();
}

/** `America/Argentina/Buenos_Aires` is "Buenos Aires, Argentina, America"; the place comes first, as people say it. */
export function zoneWords(zone: string): string {
  if (zone === 'Etc/UTC' || zone === 'UTC') return 'UTC';
  return zone.split('/').reverse().join(', ').replaceAll('_', ' ');
}

/** The place alone, for beside a time. */
export function zonePlace(zone: string): string {
  return zoneWords(zone).split(',')[0] ?? zone;
}

/** How far it is from UTC at that moment: `+02:00`. */
export function zoneOffset(zone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return name === 'GMT' ? '+00:00' : name.replace('GMT', '');
}

export function zoneTime(zone: string, at: Date): string {
  return new Intl.DateTimeFormat(locale(), { ...hourShape(), timeZone: zone }).format(at);
}
