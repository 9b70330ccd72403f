import { defineConfig } from '@playwright/test';
import { everyLook } from './harness/looks';
import type { Around } from './harness/test';

/** `npm run bench`: how long the Studio takes, measured in a real browser; see `docs/benchmarks.md`. One thing at a time. */
export default defineConfig<object, Around>({
  testDir: '.',
  testMatch: 'studio.bench.ts',
  outputDir: '../.results/bench',
  reporter: [['./bench.reporter.ts']],
  timeout: 300_000,
  workers: 1,
  projects: everyLook().filter(({ name }) => name === 'desktop-light'),
});
