import { useState } from 'react';
import { asProblem, type Problem } from '@/api/problem';

/** One act at a time, its problem for the page to show. `true` when it was done. */
export function useSaving() {
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function save(act: () => Promise<unknown>): Promise<boolean> {
    setPending(true);
    setProblem(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      const found = asProblem(error);
      // Whoever did not want to show that it is them knows that nothing was done.
      if (found.slug !== 'confirm-identity') setProblem(found);
      return false;
    } finally {
      setPending(false);
    }
  }
  return { save, isPending, problem, clear: () => setProblem(undefined) };
}
