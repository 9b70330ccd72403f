import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { asProblem } from '@/api/problem';

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Calls back when the server says that nobody is signed in any more. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

function watch(error: unknown): void {
  if (asProblem(error).slug === 'unauthenticated') signedOut.forEach((listener) => listener());
}

/** One cache for the whole app. The stream of events (`live.ts`) says when something in it is old. */
export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: watch }),
  mutationCache: new MutationCache({ onError: watch }),
  defaultOptions: {
    // The client has already repeated what can be repeated; a refusal stays one.
    queries: { retry: false, staleTime: 30_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
