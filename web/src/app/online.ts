import { useSyncExternalStore } from 'react';

/**
 * Whether the server can be reached. The browser only knows whether the device is connected to something, so requests without
 * an answer count as well; the next answer, whoever asked for it, or a sign of life that is asked for meanwhile, ends that.
 */
type Listener = () => void;
const listeners = new Set<Listener>();

/** How often the server is asked for a sign of life while it does not answer. */
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
    // Still nothing.
  }
  if (isUnanswered) probe = setTimeout(() => void ask(), PROBE_MS);
}

/** A request was answered, with whatever: the server is there. */
export function answered(): void {
  clearTimeout(probe);
  isUnanswered = false;
  tell();
}

/** A request had no answer. Not for one that was given up. */
export function unanswered(): void {
  if (isUnanswered) return;
  isUnanswered = true;
  tell();
  probe = setTimeout(() => void ask(), PROBE_MS);
}

/** Calls back at each change; {@link isOnline} says which way. Returns the way to stop it. */
export function onOnlineChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whether the server can be reached, for what is drawn by it. */
export function useOnline(): boolean {
  return useSyncExternalStore(onOnlineChange, isOnline);
}

// The device has a connection again: whether the server answers shows with the next request.
globalThis.addEventListener?.('online', answered);
globalThis.addEventListener?.('offline', tell);
