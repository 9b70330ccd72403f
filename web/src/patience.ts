// How long tests wait for what they wait for. They run beside the compiler, so a second, which is usual, is too short; who
// waits in vain only learns it later.
const PATIENCE_MS = 30_000;

if (typeof document !== 'undefined') {
  const { configure } = await import('@testing-library/dom');
  configure({ asyncUtilTimeout: PATIENCE_MS });
}

export {};
