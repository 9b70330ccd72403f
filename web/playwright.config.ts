import { defineConfig } from '@playwright/test';
import { everyLook } from './e2e/harness/looks';

/** Journeys in a real browser against the real program; see `e2e/harness/`. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: '.results/e2e',
  reporter: process.env.CI ? [['line'], ['json', { outputFile: '.results/e2e.json' }]] : 'line',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  workers: 2,
  projects: everyLook(),
});
