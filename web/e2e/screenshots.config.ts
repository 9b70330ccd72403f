import { defineConfig } from '@playwright/test';
import { everyLook } from './harness/looks';
import type { Around } from './harness/test';

/**
 * `npm run screenshots` takes the pictures that `docs/screenshots` keeps; with a folder in `SCREENSHOTS`, every page of
 * `pages.ts` at a desk and on a phone, by day and by night.
 */
export default defineConfig<object, Around>({
  testDir: '.',
  testMatch: 'screenshots.shots.ts',
  outputDir: '../.results/screenshots',
  reporter: 'line',
  timeout: 180_000,
  workers: 2,
  projects: everyLook(),
});
