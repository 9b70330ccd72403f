/** How far this device's clock is from the server's: ten seconds to take something back must be ten for both. */
let offsetMs = 0;
/** The header has whole seconds, so a smaller difference is none. */
const GRAIN_MS = 1_500;

export function learn(response: Response, now = Date.now()): void {
  const said = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(said)) return;
  const difference = said + 500 - now;
  offsetMs = Math.abs(difference) > GRAIN_MS ? difference : 0;
}

export function serverNow(now = Date.now()): number {
  return now + offsetMs;
}
