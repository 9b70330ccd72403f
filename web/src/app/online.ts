import { useSyncExternalStore } from 'react';

/**
 * Whether the server can be reached. The browser only knows whether the device has a network connection, so unanswered
 * requests count, too. The next answer to any request, or to a health check sent meanwhile, ends that.
 */
type Listener = () => void;
const listeners = new Set<Listener>();

/** How often the server is checked while it doesn't answer. */
const PROBE_MS = 5_000;

let isUnanswered = false;
let wasOnline = true;
let probe: ReturnType<typeof setTimeout> | undefined;

export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false && !isUnanswered;
}

function tell(): void {
  if (wasOnline === isOnline()) return;
  wasOnline = isOnline();
  for (const listener of [...listeners]) listener();
}

async function ask(): Promise<void> {
  try {
    const response = await fetch('/health/live', { cache: 'no-store' });
    if (response.ok) return answered();
  } catch {
    // Still no answer.
  }
  if (isUnanswered) probe = setTimeout(() => void ask(), PROBE_MS);
}

/** Call when a request was answered, with any status: the server is reachable. */
export function answered(): void {
  clearTimeout(probe);
  isUnanswered = false;
  tell();
}

/** Call when a request got no answer; not for aborted ones. */
export function unanswered(): void {
  if (isUnanswered) return;
  isUnanswered = true;
  tell();
  probe = setTimeout(() => void ask(), PROBE_MS);
}

/** Calls back at each change of {@link isOnline}. Returns a function that unsubscribes. */
export function onOnlineChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whether the server can be reached, as a hook. */
export function useOnline(): boolean {
  return useSyncExternalStore(onOnlineChange, isOnline);
}

// The device has a connection again: whether the server answers shows with the next request.
globalThis.addEventListener?.('online', answered);
globalThis.addEventListener?.('offline', tell);
