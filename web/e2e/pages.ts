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
];
