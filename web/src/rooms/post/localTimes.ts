import { whenText } from '@/design/When';

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence of the server, its instants as local times. */
export function localTimes(text: string, zone: string): string {
  return text.replace(INSTANT, (at) => whenText(at, zone));
}
