import { defineConfig } from '@playwright/test';
import { journeys } from './e2e/harness/looks';
import type { Around } from './e2e/harness/test';

/** Journeys in a real browser against the real program; see `e2e/harness/`. */
export default defineConfig<object, Around>({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: '.results/e2e',
  reporter: process.env.CI ? [['line'], ['json', { outputFile: '.results/e2e.json' }]] : 'line',
  timeout: 90_000,
  expect: { timeout: 20_000 },
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A machine may be busy with something else; what passes only when it is tried again is counted and named.
  retries: 1,
  workers: 2,
  projects: journeys(),
});
