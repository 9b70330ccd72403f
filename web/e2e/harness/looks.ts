import { execFileSync } from 'node:child_process';
import type { Project } from '@playwright/test';

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

/** Journeys run at a desk by day and on a phone by night; the walk through all pages runs the other two ways as well. */
const JOURNEYS = ['desktop-light', 'phone-dark'];

/** At a desk and on a phone, by day and by night. */
export function everyLook(): Project[] {
  const executablePath = chromium();
  return (['desktop', 'phone'] as const).flatMap((size) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${size}-${colorScheme}`,
      ...(JOURNEYS.includes(`${size}-${colorScheme}`) ? {} : { testMatch: 'pages.spec.ts' }),
      use: {
        ...SIZES[size],
        browserName: 'chromium' as const,
        colorScheme,
        locale: 'en-GB',
        timezoneId: 'Europe/Amsterdam',
        contextOptions: { reducedMotion: 'reduce' as const },
        launchOptions: { executablePath },
        trace: 'retain-on-failure' as const,
      },
    })),
  );
}
