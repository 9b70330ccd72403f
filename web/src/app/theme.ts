import { useSyncExternalStore } from 'react';

/** Light, dark, or the system's theme. `public/theme.js` applies the stored choice before the first paint. */
export type Theme = 'system' | 'light' | 'dark';
const KEY = 'fanfare.theme';
const listeners = new Set<() => void>();

export function theme(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === 'light' || set === 'dark' ? set : 'system';
}

export function setTheme(to: Theme): void {
  if (to === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
  store(to);
  listeners.forEach((listener) => listener());
}

function store(to: Theme): void {
  try {
    if (to === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, to);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}

/** Runs something that clears the browser's storage, then stores the theme again. */
export async function keepTheme<T>(forgetful: () => Promise<T>): Promise<T> {
  const kept = theme();
  const result = await forgetful();
  store(kept);
  return result;
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, theme);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
