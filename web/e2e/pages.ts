import type { Page } from '@playwright/test';
import { converting, manyTargets, newLimits } from './harness/scenes';

/** A page for screenshots, the layout walk and the accessibility check. A room adds its own here. */
export interface Shot {
  /** The file name, before size and theme. */
  name: string;
  path: string;
  /** Shown without signing in. */
  isPublic?: boolean;
  /** The sizes and themes whose screenshot is kept in `docs/screenshots`. */
  kept?: string[];
  /** What the server is to answer, if the demo has nothing like it. */
  before?: (page: Page) => Promise<void>;
  /** What to do on the page, such as opening a dialog. */
  prepare?: (page: Page) => Promise<void>;
  /** Whether it goes when the window changes its size: a dialog or a menu. */
  floats?: boolean;
}

/** Opens a page and does what belongs to it. */
export async function open(page: Page, { path, before, prepare }: Shot): Promise<void> {
  await before?.(page);
  await page.goto(path);
  await page.locator('h1').first().waitFor();
  await prepare?.(page);
}

/** The first post of a list. */
async function openFirstPost(page: Page): Promise<void> {
  await page
    .getByRole('list', { name: /^(Posts|Berichten)$/ })
    .getByRole('link')
    .first()
    .click();
  await page.waitForURL(/posts\/post_/);
  await page.locator('h1').first().waitFor();
}

async function postWithFile(page: Page): Promise<string> {
  const { items } = (await (await page.request.get('/v1/posts?limit=200')).json()) as {
    items: { id: string; parts: { media?: unknown[] }[] }[];
  };
  const found = items.find(({ parts }) => parts[0]?.media?.length);
  if (!found) throw new Error('the demo has no post with a file');
  return found.id;
}

/** A new post for all channels that take a text by itself, which Instagram doesn't. */
async function write(page: Page): Promise<void> {
  const words = 'The ferry is back on Monday. Until then the quay is ours: come and see it at low tide.';
  await page.getByRole('button', { name: /^(Choose|Kiezen)$/ }).click();
  await page.getByRole('menuitem', { name: /^(All channels|Alle kanalen)$/ }).click();
  await page.getByRole('button', { name: /Instagram$/ }).click();
  await page.getByRole('textbox').first().fill(words);
}

export const PAGES: Shot[] = [
  { name: 'setup', path: '/setup#picture', isPublic: true },
  { name: 'sign-in', path: '/sign-in', isPublic: true, kept: ['desktop-light'] },
  { name: 'privacy', path: '/privacy', isPublic: true },
  { name: 'start', path: '/start' },
  {
    name: 'connect',
    path: '/start',
    floats: true,
    prepare: (page) => page.getByRole('button', { name: /^Bluesky/ }).click(),
  },
  {
    name: 'account',
    path: '/start',
    floats: true,
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
      await write(page);
      await page.getByText('Saved', { exact: true }).first().waitFor();
    },
  },
  {
    name: 'schedule',
    path: '/compose',
    floats: true,
    prepare: async (page) => {
      await write(page);
      await page.getByRole('button', { name: /^(Schedule…|Inplannen…)$/ }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'post-no-longer-fits', path: '/posts?state=scheduled', before: newLimits, prepare: openFirstPost },
  {
    name: 'converting',
    path: '/compose',
    floats: true,
    before: converting,
    prepare: async (page) => {
      await page.goto(`/compose?from=${await postWithFile(page)}`);
      await page.getByRole('button', { name: /^(File|Bestand) 1: / }).click();
      await page.getByRole('menuitem', { name: /^(How each channel gets it|Wat elk kanaal krijgt)$/ }).click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'look',
    path: '/calendar?view=list',
    floats: true,
    prepare: async (page) => {
      await page.locator('[data-entry]').last().click();
      await page.getByRole('dialog').waitFor();
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
  { name: 'choose-channels', path: '/channels?choose=connection_full', before: manyTargets },
  { name: 'help', path: '/help', isPublic: true },
  { name: 'help-platform', path: '/help/bluesky', isPublic: true },
  { name: 'profile', path: '/settings/profile' },
  { name: 'sessions', path: '/settings/sessions' },
  { name: 'workspace', path: '/settings/workspace' },
  { name: 'members', path: '/settings/members', kept: ['desktop-dark'] },
  { name: 'keys', path: '/settings/keys' },
  { name: 'audit', path: '/settings/audit' },
  { name: 'instance', path: '/settings/instance' },
];
