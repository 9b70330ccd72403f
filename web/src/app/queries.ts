import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import i18next from 'i18next';
import { asProblem } from '@/api/problem';

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Calls back when the session has ended. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

function watch(error: unknown): void {
  if (asProblem(error).slug === 'unauthenticated') signedOut.forEach((listener) => listener());
}

/** One cache for the whole app, invalidated by the event stream (`live.ts`). */
export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: watch }),
  mutationCache: new MutationCache({ onError: watch }),
  defaultOptions: {
    // The client has already retried what can be retried.
    queries: { retry: false, staleTime: 30_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

// What the server said, it said in the language of before.
i18next.on('languageChanged', () => void queries.invalidateQueries());
