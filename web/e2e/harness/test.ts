import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, type Cookie, expect, type Page } from '@playwright/test';
import { AHEAD_MS, moveClock } from './clock';
import { type Demo, type Fresh, startDemo, startFresh } from './server';

export { expect };

/**
 * The browser of every test. A test fails if a page logs an error, throws, violates the content security policy, or
 * requests anything from another origin other than a page that the person opened.
 */
const watched = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      await page.context().addInitScript(moveClock, AHEAD_MS);
      await listen(page, complaints);
      await use(complaints);
      expect(complaints, 'what the browser complained about').toEqual([]);
    },
    { auto: true },
  ],
});

/** Browsers log failed requests themselves; tests of refusals expect them. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

async function listen(page: Page, complaints: string[]): Promise<void> {
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    const from = request.frame().url();
    if (request.isNavigationRequest() || !/^https?:/.test(request.url()) || !/^https?:/.test(from)) return;
    if (new URL(request.url()).origin !== new URL(from).origin) complaints.push(`third party: ${request.url()}`);
  });
  await page.exposeFunction('complain', (what: string) => complaints.push(what));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { complain } = globalThis as unknown as { complain: (what: string) => void };
      complain(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
}

/** The options of a run. */
export interface Around {
  /** The address of a PostgreSQL server, on which each program gets its own database; without it, SQLite. */
  server: string | undefined;
}

const placed = watched.extend<object, Around>({ server: [undefined, { option: true, scope: 'worker' }] });

/** Tests in the demo, which all tests of a worker share: create what you change. Call {@link signIn} first. */
export const test = placed.extend<object, { demo: Demo }>({
  demo: [
    async ({ server }, use, { parallelIndex, project }) => {
      const demo = await startDemo(server, join(project.outputDir, `month-${parallelIndex}`));
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: ({ demo }, use) => use(demo.address),
});

/** Tests in an installation without an owner; each has its own. */
export const freshTest = placed.extend<{ fresh: Fresh }>({
  fresh: async ({ server }, use) => {
    const fresh = await startFresh(server);
    await use(fresh);
    await fresh.stop();
  },
  baseURL: ({ fresh }, use) => use(fresh.address),
});

/** How long a session is reused by further tests; recent sign-ins count for a quarter of an hour. */
const FRESH_MS = 5 * 60_000;

const sessions = new WeakMap<Demo, { cookies: Cookie[]; begun: number }>();

/**
 * Signs in without the sign-in page, which has its own tests. Tests reuse a session until it is old or a test has ended it,
 * because signing in for each would exceed the rate limit.
 */
export async function signIn(page: Page, demo: Demo): Promise<void> {
  const context = page.context();
  const kept = sessions.get(demo);
  if (kept && Date.now() - kept.begun < FRESH_MS) {
    await context.addCookies(kept.cookies);
    if ((await page.request.get('/v1/me')).ok()) return;
  }
  const answer = await page.request.post('/v1/session', { data: { email: demo.email, password: demo.password } });
  expect(answer.status(), await answer.text()).toBe(201);
  sessions.set(demo, { cookies: await context.cookies(), begun: Date.now() });
}

/**
 * Waits until nothing is animating. Dialogs are rendered hidden and unreachable until the rest has settled, which takes a
 * while on a busy machine.
 */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('[data-entering], [data-exiting], [style*="mask-image"]')).toHaveCount(0);
}

/** Chooses a zone by the start of its place. */
export async function chooseZone(page: Page, typed: string, place: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: 'Time zone' }).fill(typed);
  const option = page.getByRole('option', { name: place });
  await expect(option).toBeVisible();
  await settled(page);
  await option.click();
}

/** The page has no accessibility problem that a program can find (WCAG 2.2 AA). */
export async function expectAccessible(page: Page): Promise<void> {
  await settled(page);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  // The default mode opens an extra page per check to reach cross-site frames; there are none, and it takes a fifth
  // longer.
  const axe = new AxeBuilder({ page }).withTags(tags).setLegacyMode(true);
  // Announcements stay in the page for some seconds after their subject is gone.
  const { violations } = await axe.exclude('[data-live-announcer]').analyze();
  const told = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
  }));
  expect(told).toEqual([]);
}

/** The page does not scroll sideways. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const [inner, scroll] = await page.evaluate(() => [
    document.documentElement.clientWidth,
    document.documentElement.scrollWidth,
  ]);
  expect(scroll, 'the page is wider than the screen').toBeLessThanOrEqual(inner ?? 0);
}

/** Whether this run is at phone width. */
export function isPhone(page: Page): boolean {
  return (page.viewportSize()?.width ?? 0) < 768;
}
