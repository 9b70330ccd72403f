import type { Page } from '@playwright/test';

/** A page for screenshots and the accessibility check. A room adds its own here. */
interface Shot {
  /** The file name, before size and theme. */
  name: string;
  path: string;
  /** Shown without signing in. */
  isPublic?: boolean;
  /** The sizes and themes whose screenshot is kept in `docs/screenshots`. */
  kept?: string[];
  /** What to do before the screenshot, such as opening a dialog. */
  prepare?: (page: Page) => Promise<void>;
}

export const PAGES: Shot[] = [
  { name: 'setup', path: '/setup#picture', isPublic: true },
  { name: 'sign-in', path: '/sign-in', isPublic: true, kept: ['desktop-light'] },
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
  { name: 'calendar', path: '/calendar', kept: ['desktop-light', 'phone-dark'] },
  { name: 'calendar-week', path: '/calendar?view=week' },
  { name: 'calendar-list', path: '/calendar?view=list' },
  { name: 'posts', path: '/posts' },
  { name: 'needs-you', path: '/posts?state=needs_you' },
  {
    name: 'post',
    kept: ['desktop-light'],
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
  {
    name: 'compose',
    path: '/compose',
    kept: ['desktop-light'],
    prepare: async (page) => {
      const words = 'The ferry is back on Monday. Until then the quay is ours: come and see it at low tide.';
      await page.getByRole('button', { name: 'Choose', exact: true }).click();
      await page.getByRole('menuitem', { name: 'All channels' }).click();
      await page.getByRole('textbox').first().fill(words);
      await page.getByText('Saved', { exact: true }).first().waitFor();
    },
  },
  { name: 'channels', path: '/channels', kept: ['phone-light'] },
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
  { name: 'members', path: '/settings/members', kept: ['desktop-dark'] },
  { name: 'keys', path: '/settings/keys' },
  { name: 'audit', path: '/settings/audit' },
  { name: 'instance', path: '/settings/instance' },
];
