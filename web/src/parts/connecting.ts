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

/** Where the person was when they left. */
export function cameFrom(): string {
  try {
    const path = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return path ?? '/';
  } catch {
    return '/';
  }
}
