import { useSyncExternalStore } from 'react';

const query = globalThis.matchMedia?.('(width < 48rem)');

/** Whether the page is at phone width, where a thing has another structure; what only looks different uses `md:`. */
export function usePhone(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query?.addEventListener('change', listener);
      return () => query?.removeEventListener('change', listener);
    },
    () => query?.matches ?? false,
  );
}
