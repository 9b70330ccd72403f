import { defineConfig } from '@playwright/test';
import { everyLook } from './harness/looks';
import type { Around } from './harness/test';

/**
 * `npm run screenshots` renews the screenshots in `docs/screenshots`; with a folder in `SCREENSHOTS`, it takes every page of
 * `pages.ts` on desktop and phone, in the light and dark themes.
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
