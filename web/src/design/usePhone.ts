import { useSyncExternalStore } from 'react';

function watched(condition: string) {
  const query = globalThis.matchMedia?.(condition);
  const subscribe = (listener: () => void) => {
    query?.addEventListener('change', listener);
    return () => query?.removeEventListener('change', listener);
  };
  return { subscribe, matches: () => query?.matches ?? false };
}

const phone = watched('(width < 48rem)');
const wide = watched('(width >= 80rem)');

/** Whether the page is at phone width, for different structure; mere styling uses `md:`. */
export function usePhone(): boolean {
  return useSyncExternalStore(phone.subscribe, phone.matches);
}

/** Whether there is room beside: from `xl:` on. */
export function useWide(): boolean {
  return useSyncExternalStore(wide.subscribe, wide.matches);
}
