import { execFileSync } from 'node:child_process';
import type { Project } from '@playwright/test';
import { ZONE } from './clock';
import type { Around } from './test';

/** The browser: `CHROMIUM`, or the first one installed; without windows if it can be. Playwright's own is not needed. */
function chromium(): string {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // Try the next name.
    }
  }
  throw new Error('there is no Chromium on this machine; install one, or say where it is with CHROMIUM');
}

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

/**
 * Which journeys: `Short`, each at a desk by day, and on a phone by night and on PostgreSQL those that differ there;
 * `Every`, each of these three ways, and the walk through all pages in all four looks; `OfTime`, those that tell of times.
 */
const JOURNEYS = process.env.JOURNEYS || 'Short';

/** The rooms that create and change things. The others need the demo's past month. */
const ON_POSTGRESQL = /(arrive|compose|channels|settings)\.spec\.ts$/;

/**
 * Tests are tagged for one size: `@desk` (keys, a mouse that drags), `@phone`; `@once` is measured at a desk alone. Those
 * with `@layout` look different on a phone, those with `@engine` show what a database could do otherwise, those with
 * `@time` tell of times and days. The walk through all pages has no tag.
 */
const NOT_FOR = { desktop: /@phone/, phone: /@desk|@once/ };
const PAGES = 'pages.spec.ts';
const DIFFERS = /@layout|@phone|pages\.spec\.ts/;

function look(size: keyof typeof SIZES, colorScheme: 'light' | 'dark') {
  return {
    ...SIZES[size],
    browserName: 'chromium' as const,
    colorScheme,
    locale: 'en-GB',
    timezoneId: ZONE,
    // It would read all files of the app in every test, and hide requests from what a test puts in their way.
    serviceWorkers: 'block' as const,
    contextOptions: { reducedMotion: 'reduce' as const },
    // Chromium does not start by another clock than the machine's; its pages are told (`clock.ts`).
    launchOptions: { executablePath: chromium(), env: { ...process.env, LD_PRELOAD: '' } },
    // Recording every test takes a fifth longer.
    trace: 'on-first-retry' as const,
  };
}

/** Desktop and phone, in the light and dark themes. */
export function everyLook(): Project<object, Around>[] {
  return (['desktop', 'phone'] as const).flatMap((size) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${size}-${colorScheme}`,
      grepInvert: NOT_FOR[size],
      use: look(size, colorScheme),
    })),
  );
}

/** The sizes, themes and databases of these tests. */
export function journeys(): Project<object, Around>[] {
  const [desk, deskByNight, phoneByDay, phone] = everyLook();
  const server = process.env.FANFARE_TEST_POSTGRES;
  const engine = { name: 'postgresql', grepInvert: NOT_FOR.desktop, testMatch: ON_POSTGRESQL };
  const onPostgresql = server ? [{ ...engine, use: { ...look('desktop', 'light'), server } }] : [];
  if (JOURNEYS === 'OfTime') return [{ ...desk, grep: /@time/ }];
  if (JOURNEYS === 'Every') {
    const walks = [deskByNight, phoneByDay].map((look) => ({ ...look, testMatch: PAGES }));
    return [{ ...desk }, { ...phone }, ...walks, ...onPostgresql];
  }
  return [{ ...desk }, { ...phone, grep: DIFFERS }, ...onPostgresql.map((one) => ({ ...one, grep: /@engine/ }))];
}
