import { inDays, ZONE } from './harness/clock';
import { ownWorkspace } from './harness/people';
import { expect, expectAccessible, expectNoOverflow, freshTest, signIn, test } from './harness/test';

const PASSWORD = 'quay lantern rhubarb seven';

freshTest(
  'the owner link leads to a workspace and the first steps',
  { tag: ['@layout', '@time', '@engine'] },
  async ({ page, fresh }) => {
    await page.goto(fresh.ownerLink);
    await expect(page.getByRole('heading', { name: 'Welcome to Fanfare' })).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await expect(page.getByRole('combobox', { name: 'Time zone' })).toHaveValue(
      ZONE.split('/').reverse().join(', ').replaceAll('_', ' '),
    );
    await page.getByLabel('Your name').fill('Lena Vos');
    await page.getByLabel('E-mail address').fill('lena@example.org');
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await expect(page.getByText('Strong')).toBeVisible();
    await page.getByLabel('Workspace name').fill('Harbour walks');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await expect(page.getByRole('heading', { name: 'Hello Lena' })).toBeVisible();
    await expect(page.getByText('Harbour walks is ready')).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);
    await page.goto(fresh.ownerLink);
    await expect(page.getByRole('heading', { name: 'This installation already has an owner' })).toBeVisible();
  },
);

freshTest('an invalid field shows its error beside it and keeps what was typed', async ({ page, fresh }) => {
  await page.goto(fresh.ownerLink);
  await page.getByLabel('Your name').fill('Lena Vos');
  await page.getByLabel('E-mail address').fill('lena@localhost');
  await page.getByRole('textbox', { name: 'Password' }).fill('passwordpassword');
  await page.getByLabel('Workspace name').fill('Harbour walks');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  const password = page.getByRole('textbox', { name: 'Password' });
  await expect(password).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Your name')).toHaveValue('Lena Vos');
  await expectAccessible(page);
});

freshTest('the set-up works by keyboard alone', { tag: '@desk' }, async ({ page, fresh }) => {
  await page.goto(fresh.ownerLink);
  await expect(page.getByLabel('Your name')).toBeFocused();
  await page.keyboard.type('Lena Vos');
  await page.keyboard.press('Tab');
  await page.keyboard.type('lena@example.org');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Show password' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.type('Harbour walks');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Lisb');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Time zone' })).toHaveValue('Lisbon, Europe');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Times are shown in Lisbon')).toBeVisible();
});

freshTest('pages opened without their link, or before there is an owner, say what to do', async ({ page }) => {
  await page.goto('/setup');
  await expect(page.getByRole('heading', { name: 'The link is missing' })).toBeVisible();
  await expectAccessible(page);
  await page.goto('/join');
  await expect(page.getByRole('heading', { name: 'The invitation is missing' })).toBeVisible();
  await page.goto('/');
  await expect(page.getByText('This installation has no owner yet')).toBeVisible();
});

test('signing in returns to the requested page, and signing out ends the session', {
  tag: ['@layout', '@engine'],
}, async ({ page, demo }) => {
  await page.goto('/start');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByLabel('E-mail address').fill(demo.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Wrong e-mail address or password');
  await page.getByRole('textbox', { name: 'Password' }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/start$/);
  await page.getByRole('button', { name: /: account$/ }).click();
  await expectAccessible(page);
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goto('/start');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('the demo’s link signs in with one press and leaves no password in the address bar', async ({ page, demo }) => {
  const sent: string[] = [];
  page.on('request', (request) => sent.push(`${request.url()} ${request.headers().referer ?? ''}`));
  await page.goto(demo.link);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeFocused();
  await expect(page.getByLabel('E-mail address')).toHaveValue(demo.email);
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveAttribute('type', 'password');
  await expect(page).toHaveURL(/\/sign-in$/);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/calendar$/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(sent.filter((line) => line.includes(demo.password))).toEqual([]);
  await page.goBack();
  expect(page.url()).not.toContain(demo.password);
});

test('Settings is one press away, on a phone, too', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/calendar');
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Settings' }).click();
  await expect(page).toHaveURL(/\/settings\/profile$/);
});

test('the first steps are in the navigation until they are done, and can still be opened afterwards', async ({
  page,
  demo,
}) => {
  await ownWorkspace(page, demo);
  await page.goto('/calendar');
  const steps = page
    .getByRole('navigation', { name: 'Main navigation' })
    .getByRole('link', { name: /^(First steps|Start)$/ });
  await steps.click();
  await expect(page.getByText('Three steps to your first post.')).toBeVisible();
  await page.evaluate(() => localStorage.removeItem('fanfare.workspace'));
  const elsewhere = await page.context().newPage();
  await elsewhere.goto('/start');
  await expect(elsewhere.getByText('All three steps are done.')).toBeVisible();
  await expect(
    elsewhere.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Posts' }),
  ).toBeVisible();
  await expect(elsewhere.getByRole('link', { name: /^(First steps|Start)$/ })).toHaveCount(0);
  await elsewhere.close();
});

/** Pages use the clock of the browser's region, whatever the language. */
for (const [locale, hour, shape] of [
  ['en-US', '9 AM', /^\d{1,2}:\d\d\s[AP]M$/],
  ['nl-NL', '09:00', /^\d\d:\d\d$/],
] as const) {
  test(`the hours, the times and what is typed go by one clock (${locale})`, { tag: ['@desk', '@time'] }, async ({
    demo,
    browser,
  }) => {
    // A phone has its own time picker.
    const { launchOptions: _, ...look } = test.info().project.use;
    const there = await (await browser.newContext({ ...look, locale, baseURL: demo.address })).newPage();
    await signIn(there, demo);
    await there.goto('/calendar?view=week');
    await expect(there.getByText(hour, { exact: true }).first()).toBeVisible();
    await there.goto('/compose');
    await there.getByRole('textbox').first().fill('By which clock?');
    await there.getByRole('button', { name: /on Mastodon$/ }).click();
    await there.getByRole('button', { name: /^Schedule/ }).click();
    const time = there.getByRole('dialog').getByLabel('Time', { exact: true });
    await expect(time).toHaveValue(shape);
    // Not today, because the typed time may have passed.
    await there.getByRole('dialog').getByLabel('Day').fill(inDays(2));
    await time.fill('9:05 pm');
    await time.blur();
    await expect(time).toHaveValue(locale === 'en-US' ? /^9:05\sPM$/ : '21:05');
    await expect(there.getByRole('button', { name: locale === 'en-US' ? /9:05\sPM/ : /21:05/ })).toBeVisible();
    await there.close();
  });
}

test('signing in never redirects to another site', async ({ page, demo }) => {
  await page.goto('/sign-in?next=//evil.example/');
  await page.getByLabel('E-mail address').fill(demo.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: /: account$/ })).toBeVisible();
  expect(page.url()).not.toContain('evil');
  expect(new URL(page.url()).origin).toBe(demo.address);
});

test('the language changes immediately, in every text', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Nederlands' }).click();
  await expect(page.getByRole('heading', { name: 'Aanmelden' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'nl');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Aanmelden' })).toBeVisible();
});

test('a chosen theme applies from the first paint of the next visit', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/start');
  // A change of theme is animated: the colour counts once that has ended.
  const background = () =>
    page.evaluate(async () => {
      await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
      return getComputedStyle(document.body).backgroundColor;
    });
  for (const [look, theme] of [
    ['Dark', 'dark'],
    ['Light', 'light'],
  ]) {
    await page.getByRole('button', { name: /: account$/ }).click();
    await page.getByRole('menuitemradio', { name: look }).click();
    await page.keyboard.press('Escape');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme ?? '');
    const chosen = await background();
    await page.reload({ waitUntil: 'commit' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme ?? '');
    await expect.poll(background).toBe(chosen);
  }
});

test('connecting shows what will be read before it opens the consent page', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  await page.goto('/start');
  await page.getByRole('button', { name: /^Mastodon/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect Mastodon' });
  await expect(dialog.getByText('What Fanfare reads and keeps')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Your server').fill('not an instance');
  await dialog.getByRole('button', { name: 'Continue to Mastodon' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('a newcomer opens an invitation and accepts it', { tag: '@layout' }, async ({ page, demo, browser, baseURL }) => {
  await signIn(page, demo);
  const email = `guest-${Date.now()}@example.org`;
  const added = await page.request.post('/v1/members', { data: { email, role: 'editor' } });
  const { link } = (await added.json()) as { link: string };
  const me = (await (await page.request.get('/v1/me')).json()) as { workspaces: { name: string }[] };
  const join = `Join ${me.workspaces[0]?.name}`;
  const guest = await (await browser.newContext({ ...test.info().project.use, baseURL: baseURL ?? '' })).newPage();
  await guest.goto(new URL(link).pathname + new URL(link).hash);
  await expect(guest.getByRole('heading', { name: join })).toBeVisible();
  await expect(guest.getByText('Editor', { exact: true })).toBeVisible();
  await expectAccessible(guest);
  await expectNoOverflow(guest);
  await guest.getByLabel('Your name').fill('Guest');
  await guest.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await guest.getByRole('button', { name: join }).click();
  await expect(guest.getByRole('button', { name: 'Guest: account' })).toBeVisible();
  await guest.close();
});

test('an unknown address shows “Page not found”', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/nowhere');
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  await expectAccessible(page);
});

test('keyboard shortcuts open the rooms and can be turned off', { tag: '@desk' }, async ({ page, demo }) => {
  // A phone has no keys.
  await signIn(page, demo);
  await page.goto('/start');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  await expectAccessible(page);
  await sheet.getByText('Shortcuts on').click();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('?');
  await expect(sheet).toBeHidden();
});

test('the first visit asks for little: at most 12 requests, and nothing about dates of the browser', {
  tag: '@once',
}, async ({ page }) => {
  const asked = new Set<string>();
  page.on('request', (request) => asked.add(new URL(request.url()).pathname));
  await page.addInitScript(countLookUps);
  await page.goto('/');
  await expect(page.getByLabel('E-mail address')).toBeFocused();
  expect(await page.evaluate(() => (globalThis as { lookedUp?: string[] }).lookedUp)).toEqual([]);
  await page.waitForLoadState('networkidle');
  expect([...asked].length, [...asked].join('\n')).toBeLessThanOrEqual(12);
});

/** Runs in the page. The first question about dates makes a browser read its tables of all locales, which takes longer than the page. */
function countLookUps(): void {
  const lookedUp: string[] = [];
  const seen = (real: object) => {
    lookedUp.push(String(new Error('asked').stack));
    return real;
  };
  const watched = new Proxy(Intl.DateTimeFormat, {
    construct: (real, args) => seen(Reflect.construct(real, args)),
    apply: (real, self, args) => seen(Reflect.apply(real, self, args)),
    get: (real, name) => (name === 'supportedLocalesOf' ? seen(Reflect.get(real, name)) : Reflect.get(real, name)),
  });
  Object.assign(Intl, { DateTimeFormat: watched });
  Object.assign(globalThis, { lookedUp });
}

test.describe('with the service worker', () => {
  test.use({ serviceWorkers: 'allow' });

  test('without a connection a page that was never opened says so, and is there when the connection is back', {
    tag: '@once',
  }, async ({ page, demo, context, complaints }) => {
    await signIn(page, demo);
    await page.goto('/calendar');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      if (active?.state === 'activated') return;
      await new Promise((done) => active?.addEventListener('statechange', done, { once: true }));
    });
    await context.setOffline(true);
    await page.goto('/posts');
    await expect(page.getByText('Can’t reach Fanfare')).toBeVisible();
    await context.setOffline(false);
    await expect(page.getByRole('heading', { level: 1, name: 'Posts' })).toBeVisible();
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const stores = await Promise.all(names.map((name) => caches.open(name)));
      return (await Promise.all(stores.map((store) => store.keys()))).flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept.filter((path) => path.startsWith('/v1/'))).toEqual([]);
    expect(kept).toContain('/');
    // The browser itself writes that it has no connection.
    complaints.length = 0;
  });
});
