/**
 * What a link to the page for signing in brings along: `/sign-in#email=…&password=…`, as `fanfare demo` prints it. What
 * stands after the `#` reaches no server. It leaves the address bar with {@link clearAddress} as soon as it is read, so
 * that it stays in no history and no copied address.
 */
export interface Filled {
  email: string;
  password: string;
}

/** `undefined` unless both are there: half a sign-in is not worth filling in. */
export function filledBy(hash: string): Filled | undefined {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const [email, password] = [said.get('email'), said.get('password')];
  return email && password ? { email, password } : undefined;
}

export function clearAddress(): void {
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
}
