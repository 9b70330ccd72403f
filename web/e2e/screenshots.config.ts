import { defineConfig } from '@playwright/test';
import { everyLook } from './harness/looks';

/** `npm run screenshots`: every page of `pages.ts`, at a desk and on a phone, by day and by night. */
export default defineConfig({
  testDir: '.',
  testMatch: 'screenshots.shots.ts',
  outputDir: '../.results/screenshots',
  reporter: 'line',
  timeout: 180_000,
  workers: 2,
  projects: everyLook(),
});
