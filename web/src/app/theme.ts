import { useSyncExternalStore } from 'react';

/** Light, dark, or as the system has it. `public/theme.js` applies the stored choice before the first paint. */
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
    // Without storage the choice lasts as long as the page.
  }
}

/** Does something that makes the browser forget what we stored, and stores the theme again. */
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
