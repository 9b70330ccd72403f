import { execFileSync } from 'node:child_process';
import type { Project } from '@playwright/test';
import { ZONE } from './clock';
import type { Around } from './test';

/** The browser: `CHROMIUM`, or the first that the system has. Playwright's own is not needed. */
function chromium(): string {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // The next name, then.
    }
  }
  throw new Error('there is no Chromium on this machine; install one, or say where it is with CHROMIUM');
}

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

/** The rooms in which things are made and changed. The others need a month that was lived through. */
const ON_POSTGRESQL = /(arrive|compose|channels|settings)\.spec\.ts$/;

/** Journeys run at a desk by day and on a phone by night; the walk through all pages runs the other two ways as well. */
const JOURNEYS = ['desktop-light', 'phone-dark'];

/** Some tests are tagged for one size: `@desk` (keys, a mouse that drags), `@phone`; `@once` is measured at a desk alone. */
const NOT_FOR = { desktop: /@phone/, phone: /@desk|@once/ };

function look(size: keyof typeof SIZES, colorScheme: 'light' | 'dark') {
  return {
    ...SIZES[size],
    browserName: 'chromium' as const,
    colorScheme,
    locale: 'en-GB',
    timezoneId: ZONE,
    contextOptions: { reducedMotion: 'reduce' as const },
    // Chromium does not start by another clock than the machine's; its pages are told (`clock.ts`).
    launchOptions: { executablePath: chromium(), env: { ...process.env, LD_PRELOAD: '' } },
    trace: 'retain-on-failure' as const,
  };
}

/** At a desk and on a phone, by day and by night. */
export function everyLook(): Project<object, Around>[] {
  return (['desktop', 'phone'] as const).flatMap((size) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${size}-${colorScheme}`,
      ...(JOURNEYS.includes(`${size}-${colorScheme}`) ? {} : { testMatch: 'pages.spec.ts' }),
      grepInvert: NOT_FOR[size],
      use: look(size, colorScheme),
    })),
  );
}

/** On PostgreSQL, where `FANFARE_TEST_POSTGRES` names a server. */
export function onPostgresql(): Project<object, Around>[] {
  const server = process.env.FANFARE_TEST_POSTGRES;
  return server
    ? [
        {
          name: 'postgresql',
          testMatch: ON_POSTGRESQL,
          grepInvert: NOT_FOR.desktop,
          use: { ...look('desktop', 'light'), server },
        },
      ]
    : [];
}
