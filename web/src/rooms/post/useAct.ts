import { useState } from 'react';
import { asProblem, type Problem } from '@/api/problem';

/** One act at a time, with what went wrong beside it. */
export function useAct() {
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function act(carryOut: () => Promise<unknown>, done?: () => void): Promise<void> {
    setPending(true);
    setProblem(undefined);
    try {
      await carryOut();
      done?.();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }
  return { act, isPending, problem };
}
