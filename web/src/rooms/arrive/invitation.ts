/**
 * The token of an invitation. It arrives after the `#`, which no server sees, and waits in the tab while the person signs
 * in, so that it never stands in an address that is sent.
 */
const KEY = 'fanfare.invitation';

export function invitation(): string {
  const said = location.hash.slice(1);
  try {
    if (said) sessionStorage.setItem(KEY, said);
    return said || (sessionStorage.getItem(KEY) ?? '');
  } catch {
    return said;
  }
}

export function forgetInvitation(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then nothing was kept.
  }
}
