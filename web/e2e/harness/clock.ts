/**
 * Days and times for end-to-end tests, counted from now, so that tests pass at any hour of any date.
 *
 * `cargo xtask test --long` runs the tests at other times: `FAKETIME` sets the clock of the program and of this process. The
 * browser can't be started with it, so a script shifts the clock of its pages.
 */

export const DAY_MS = 86_400_000;

/** The browser's time zone. The program's is UTC, so that this machine's zone does not matter. */
export const ZONE = process.env.JOURNEY_ZONE || 'Europe/Amsterdam';

/** One value for the whole run, so that a test running past midnight uses the same days. */
const BEGUN = Date.now();

/** A future or past day in UTC, as in addresses and date fields. */
export const inDays = (days: number) => new Date(BEGUN + days * DAY_MS).toISOString().slice(0, 10);

/** How far this run's clock is ahead of the machine's. */
export const AHEAD_MS = process.env.LD_PRELOAD ? Number.parseInt(process.env.FAKETIME ?? '0', 10) * 1_000 : 0;

/** The script that sets a page's clock to this run's. */
export function moveClock(ahead: number): void {
  const Machine = Date;
  const moved = (given: unknown[]) => (given.length ? given : [Machine.now() + ahead]) as [number];
  globalThis.Date = class extends Machine {
    constructor(...given: unknown[]) {
      super(...moved(given));
    }
    static override now() {
      return Machine.now() + ahead;
    }
  } as DateConstructor;
}

/** `+02:00` in minutes. */
function offset(zone: string, at: number): number {
  const words = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const name = words.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(.)(\d+):(\d+)/.exec(name) ?? [];
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
}

/** The next day after tomorrow on which the clocks of a zone go forward. */
export function nextForward(zone: string): string {
  for (let days = 2; days < 400; days += 1) {
    const noon = Date.parse(`${inDays(days)}T12:00:00Z`);
    if (offset(zone, noon) > offset(zone, noon - DAY_MS)) return inDays(days);
  }
  throw new Error(`the clocks of ${zone} are not set forward within a year`);
}
