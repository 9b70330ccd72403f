/** The way to a platform's consent page and back: it leaves the app, and returns to the page it was begun on. */
const KEY = 'fanfare.connecting';

export function leaveForConsent(address: string): void {
  try {
    sessionStorage.setItem(KEY, location.pathname);
  } catch {
    // Without storage people come back to the start.
  }
  location.assign(address);
}

/** Where the person was when they left. Reading changes nothing: a page may be drawn more than once before it is shown. */
export function cameFrom(): string {
  try {
    return sessionStorage.getItem(KEY) ?? '/';
  } catch {
    return '/';
  }
}

/** They are back. */
export function forgetWhereFrom(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then nothing was kept.
  }
}
