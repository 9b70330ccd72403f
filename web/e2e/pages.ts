import type { Page } from '@playwright/test';

/** A page to take a picture of. A room adds its own here. */
interface Shot {
  /** The file's name, before the look. */
  name: string;
  path: string;
  /** Shown to somebody who is not signed in. */
  isPublic?: boolean;
  /** What to do before the picture, such as opening a dialog. */
  prepare?: (page: Page) => Promise<void>;
}

export const PAGES: Shot[] = [
  { name: 'setup', path: '/setup#picture', isPublic: true },
  { name: 'sign-in', path: '/sign-in', isPublic: true },
  { name: 'start', path: '/start' },
  {
    name: 'connect',
    path: '/start',
    prepare: (page) => page.getByRole('button', { name: /^Bluesky/ }).click(),
  },
  {
    name: 'account',
    path: '/start',
    prepare: (page) => page.getByRole('button', { name: /: account$/ }).click(),
  },
  { name: 'calendar', path: '/calendar' },
  { name: 'calendar-week', path: '/calendar?view=week' },
  { name: 'calendar-list', path: '/calendar?view=list' },
  { name: 'posts', path: '/posts' },
  { name: 'needs-you', path: '/posts?state=needs_you' },
  {
    name: 'post',
    path: '/posts?state=needs_you',
    prepare: async (page) => {
      await page
        .getByRole('link', { name: /The quay at night is sold out/ })
        .first()
        .click();
      await page.waitForURL(/posts\/post_/);
      await page.locator('h1').first().waitFor();
    },
  },
  { name: 'compose', path: '/compose' },
  { name: 'channels', path: '/channels' },
  {
    name: 'channel',
    path: '/channels',
    prepare: async (page) => {
      await page.getByRole('main').getByRole('link', { name: /lena/i }).first().click();
      await page.waitForURL(/channels\/channel_/);
      await page.locator('h1').first().waitFor();
    },
  },
  { name: 'profile', path: '/settings/profile' },
  { name: 'sessions', path: '/settings/sessions' },
  { name: 'workspace', path: '/settings/workspace' },
  { name: 'members', path: '/settings/members' },
  { name: 'keys', path: '/settings/keys' },
  { name: 'audit', path: '/settings/audit' },
  { name: 'instance', path: '/settings/instance' },
];
