interface Pauses {
  /** Between two runs: as long as the last one took, but no longer than this. */
  pauseMs: number;
  /** Before what failed is tried again. */
  againMs: number;
}

/** Does one thing at a time, and next only what was wanted last. The work says whether it is done. */
export function latest<T>(work: (wanted: T, signal: AbortSignal) => Promise<boolean>, { pauseMs, againMs }: Pauses) {
  const stopped = new AbortController();
  let next: { wanted: T } | undefined;
  let isBusy = false;
  async function go(): Promise<void> {
    isBusy = true;
    while (next && !stopped.signal.aborted) {
      const now = next;
      next = undefined;
      const begun = performance.now();
      const isDone = await work(now.wanted, stopped.signal);
      const rest = Math.min(pauseMs, performance.now() - begun);
      await new Promise((done) => setTimeout(done, isDone ? rest : againMs));
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
