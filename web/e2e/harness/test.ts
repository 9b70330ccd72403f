import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, type Cookie, expect, type Page } from '@playwright/test';
import { AHEAD_MS, moveClock } from './clock';
import { type Demo, type Fresh, startDemo, startFresh } from './server';

export { expect };

/**
 * The browser of every test. A test fails if a page writes an error to the console, throws, breaks the content security
 * policy, or asks another origin for anything but a page that the person went to.
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

/** A refused request is written to the console by the browser itself; tests of refusals have them on purpose. */
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

/** What a run may say about the program's surroundings. */
export interface Around {
  /** The address of a PostgreSQL server, on which each program has a database of its own; a file without it. */
  server: string | undefined;
}

const placed = watched.extend<object, Around>({ server: [undefined, { option: true, scope: 'worker' }] });

/** Tests in the demo: one for all tests of a worker, so make what you change. Call {@link signIn} first. */
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

/** Tests in an installation that nobody owns yet; each has its own. */
export const freshTest = placed.extend<{ fresh: Fresh }>({
  fresh: async ({ server }, use) => {
    const fresh = await startFresh(server);
    await use(fresh);
    await fresh.stop();
  },
  baseURL: ({ fresh }, use) => use(fresh.address),
});

/** How long a sign-in is used for further tests; what needs a recent one takes it for a quarter of an hour. */
const FRESH_MS = 5 * 60_000;

const sessions = new WeakMap<Demo, { cookies: Cookie[]; begun: number }>();

/**
 * Signs in without the page for it, which has tests of its own. Tests follow each other faster than anybody may sign in,
 * so they go on with one session until it is old, or a test has ended it.
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
 * Nothing is just coming or going. What comes in front of a page is drawn first where nobody sees or reaches it, until
 * the rest has stopped moving; on a busy machine that takes a while.
 */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('[data-entering], [data-exiting], [style*="mask-image"]')).toHaveCount(0);
}

/** Chooses a zone by what its place begins with. */
export async function chooseZone(page: Page, typed: string, place: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: 'Time zone' }).fill(typed);
  const option = page.getByRole('option', { name: place });
  await expect(option).toBeVisible();
  await settled(page);
  await option.click();
}

/** No page has what keeps people out (WCAG 2.2 AA, as far as a program can see it). */
export async function expectAccessible(page: Page): Promise<void> {
  await settled(page);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  // The other way opens a page more for each look, to reach frames of other sites; there are none, and it takes a fifth
  // longer.
  const axe = new AxeBuilder({ page }).withTags(tags).setLegacyMode(true);
  // What the widgets have announced stays in the page for some seconds, after what it was about has gone.
  const { violations } = await axe.exclude('[data-live-announcer]').analyze();
  const told = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
  }));
  expect(told).toEqual([]);
}

/** Nothing sticks out at the side: the page never scrolls sideways. */
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
