interface Pauses {
  /** Between two runs: as long as the last one took, but no longer than this. */
  pauseMs: number;
  /** Before what failed is tried again. */
  againMs: number;
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/**
 * Does one thing at a time, and next only what was wanted last. The work says whether it is done. It begins in a task of its own: a key
 * wants something, and its letter is to be drawn first.
 */
export function latest<T>(work: (wanted: T, signal: AbortSignal) => Promise<boolean>, { pauseMs, againMs }: Pauses) {
  const stopped = new AbortController();
  let next: { wanted: T } | undefined;
  let isBusy = false;
  async function go(): Promise<void> {
    isBusy = true;
    await pause(0);
    while (next && !stopped.signal.aborted) {
      const now = next;
      next = undefined;
      const begun = performance.now();
      const isDone = await work(now.wanted, stopped.signal);
      const rest = Math.min(pauseMs, performance.now() - begun);
      await pause(isDone ? rest : againMs);
      if (!isDone) next ??= now;
    }
    isBusy = false;
  }
  return {
    want(wanted: T): void {
      next = { wanted };
      if (!isBusy) void go();
    },
    stop: () => stopped.abort(),
  };
}
