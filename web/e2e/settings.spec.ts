import { accept, elsewhere, newPerson, PASSWORD } from './harness/people';
import type { Demo } from './harness/server';
import { chooseZone, expect, expectAccessible, expectNoOverflow, signIn, test } from './harness/test';

const PAGES = ['profile', 'sessions', 'workspace', 'members', 'keys', 'audit', 'instance'];

test('every settings page is accessible and fits the screen', { tag: '@layout' }, async ({ page, demo }) => {
  await signIn(page, demo);
  for (const name of PAGES) {
    await page.goto(`/settings/${name}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.animate-breathe')).toHaveCount(0);
    await expectAccessible(page);
    await expectNoOverflow(page);
  }
});

test('a changed name and time zone are saved', async ({ page, demo }) => {
  await newPerson(page, demo);
  await page.goto('/settings');
  await expect(page).toHaveURL(/\/settings\/profile$/);
  await page.getByLabel('Your name').fill('Samira Haddad');
  await chooseZone(page, 'Lisb', /Lisbon/);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Samira Haddad: account' })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Your name')).toHaveValue('Samira Haddad');
  await expect(page.getByRole('combobox', { name: 'Time zone' })).toHaveValue('Lisbon, Europe');
});

test('Dutch applies immediately, everywhere, and on the next visit', { tag: '@layout' }, async ({ page, demo }) => {
  await newPerson(page, demo);
  await page.goto('/settings/profile');
  const kept = page.waitForResponse((response) => response.request().method() === 'PATCH' && response.ok());
  await page.getByText('Nederlands').click();
  await expect(page.getByRole('heading', { name: 'Profiel' })).toBeVisible();
  await kept;
  await expect(page.locator('html')).toHaveAttribute('lang', 'nl');
  await expect(page.getByRole('link', { name: 'Kanalen' }).first()).toBeVisible();
  await expect(page.getByText('Huidig wachtwoord')).toBeVisible();
  for (const [path, title] of [
    ['/settings/members', 'Leden'],
    ['/settings/audit', 'Auditlog'],
    ['/channels', 'Kanalen'],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);
  }
});

test('the light and dark themes are chosen in the settings', async ({ page, demo }) => {
  await newPerson(page, demo);
  await page.goto('/settings/profile');
  for (const look of ['Dark', 'Light'] as const) {
    await page.getByText(look, { exact: true }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', look.toLowerCase());
    await expectAccessible(page);
  }
  await page.getByText('Same as device').click();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme', /./);
});

test('changing the password refuses a wrong one, and then only the new one works', async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/profile');
  const fresh = 'harbour violet eleven stairs';
  await page.getByRole('textbox', { name: 'Current password' }).fill('not the password');
  await page.getByRole('textbox', { name: 'New password' }).fill(fresh);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('main').getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed')).toBeVisible();
  // The session continues with a new cookie.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  const signInWith = (password: string) =>
    page.request.post('/v1/session', { data: { email: person.email, password } }).then((answer) => answer.status());
  expect(await signInWith(PASSWORD)).toBe(401);
  expect(await signInWith(fresh)).toBe(201);
});

test('an action that needs a recent sign-in asks for the password and then runs', async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/profile');
  // The server asks after fifteen minutes; its answer is faked once, instead of waiting.
  const problem = {
    type: '/problems/confirm-identity',
    status: 403,
    title: '',
    detail: '',
    remedy: '',
    request_id: '',
  };
  await page.route(
    '**/v1/me/email',
    (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    { times: 1 },
  );
  await page.getByRole('textbox', { name: 'E-mail address' }).fill(`new-${person.email}`);
  await page.getByRole('button', { name: 'Change address' }).click();
  const asked = page.getByRole('dialog', { name: 'Confirm it’s you' });
  await expect(asked).toBeVisible();
  await expectAccessible(page);
  await asked.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await asked.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('New address requested')).toBeVisible();
  await expect(page.getByText(`For now, sign in with ${person.email}.`)).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'E-mail address' })).toHaveValue(`new-${person.email}`);
});

test('other sessions are listed and can be ended; this one is marked and stays', async ({ page, demo, browser }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/sessions');
  const theirs = await elsewhere(browser, page);
  const begun = await theirs.request.post('/v1/session', { data: { email: person.email, password: PASSWORD } });
  expect(begun.status()).toBe(201);
  await page.reload();
  await expect(page.getByText('This device')).toBeVisible();
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('alertdialog').getByRole('button', { name: 'End all other sessions' }).click();
  await expect(page.getByText('All other sessions ended')).toBeVisible();
  await expect(page.getByRole('button', { name: 'End all other sessions' })).toBeHidden();
  expect((await theirs.request.get('/v1/me')).status()).toBe(401);
  expect((await page.request.get('/v1/me')).status()).toBe(200);
  await theirs.close();
});

test('a workspace is renamed, and a conflicting change is not lost', async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/workspace');
  await page.getByLabel('Name').fill('Quay and lantern');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('list', { name: 'Your workspaces' })).toContainText('Quay and lantern');
  // Someone else changes it meanwhile: neither change is lost silently.
  const path = `/v1/workspaces/${person.workspace}`;
  const tag = (await page.request.get(path)).headers().etag ?? '';
  const changed = await page.request.patch(path, { data: { name: 'Theirs' }, headers: { 'if-match': tag } });
  expect(changed.status()).toBe(200);
  await page.getByLabel('Name').fill('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  const alert = page.getByRole('main').getByRole('alert');
  await expect(alert).toContainText('Someone else changed this');
  await expect(page.getByLabel('Name')).toHaveValue('Mine');
  await alert.getByRole('button', { name: 'Load latest version' }).click();
  await expect(page.getByLabel('Name')).toHaveValue('Theirs');
  await expect(alert).toBeHidden();
  await page.getByLabel('Name').fill('Ours');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('list', { name: 'Your workspaces' })).toContainText('Ours');
});

test('the installation’s owner creates a workspace and switches to it', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/settings/workspace');
  await page.getByRole('button', { name: 'New workspace' }).click();
  const name = `Ferry ${Date.now()}`;
  const dialog = page.getByRole('dialog', { name: 'New workspace' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByText(`${name} created`)).toBeVisible();
  await expect(page.getByRole('button', { name: `Workspace ${name}: switch` })).toBeVisible();
});

test('a person is invited by link, joins, gets another role, and is removed', {
  tag: ['@layout', '@engine'],
}, async ({ page, demo, browser }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/members');
  await page.getByRole('button', { name: 'Invite someone' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByLabel('E-mail address').fill(`max-${person.email}`);
  await dialog.getByRole('radio', { name: /^Author/ }).check({ force: true });
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await expect(dialog).toContainText('Send this link');
  await expectAccessible(page);
  const link = (await dialog.locator('code').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('list', { name: 'Pending invitations' })).toContainText(`max-${person.email}`);
  await expectAccessible(page);

  const theirs = await elsewhere(browser, page);
  await accept(theirs.request, link, 'Max Brand');
  await page.reload();
  const row = page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: 'Max Brand' });
  await row.getByRole('button', { name: 'Max Brand: Author, change role' }).click();
  await page.getByRole('menuitemradio', { name: 'Editor' }).click();
  await expect(page.getByText('Max Brand is now Editor')).toBeVisible();
  await row.getByRole('button', { name: 'Max Brand: remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(row).toBeHidden();
  const left = (await (await theirs.request.get('/v1/me')).json()) as { workspaces: unknown[] };
  expect(left.workspaces).toEqual([]);
  await theirs.close();
});

test('a withdrawn invitation’s link no longer works', async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  const headers = { 'fanfare-workspace': person.workspace };
  const data = { email: `eva-${person.email}`, role: 'editor' };
  const { link } = (await (await page.request.post('/v1/members', { data, headers })).json()) as { link: string };
  await page.goto('/settings/members');
  await page.getByRole('button', { name: `eva-${person.email}: withdraw invitation` }).click();
  await expect(page.getByRole('list', { name: 'Pending invitations' })).toBeHidden();
  const look = await page.request.post('/v1/invitations/look', { data: { token: new URL(link).hash.slice(1) } });
  expect(look.status()).toBe(404);
});

test('the last owner cannot leave', async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  await page.goto('/settings/members');
  // The demo's owner created the workspace; after they leave, the person is the last owner.
  const members = (await (await page.request.get('/v1/members')).json()) as {
    items: { person: string; name: string }[];
  };
  const maker = members.items.find(({ name }) => name !== person.name);
  expect((await page.request.delete(`/v1/members/${maker?.person}`)).status()).toBe(204);
  await page.reload();
  await page.getByRole('button', { name: `${person.name}: remove` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByRole('alertdialog').getByRole('alert')).toBeVisible();
  await expectAccessible(page);
});

test('an API key is created with few permissions, shown once, used, rotated and revoked', {
  tag: ['@layout', '@engine'],
}, async ({ page, demo }) => {
  await newPerson(page, demo);
  await page.goto('/settings/keys');
  await expect(page.getByRole('heading', { name: 'No API keys' })).toBeVisible();
  await page.getByRole('button', { name: 'New key' }).click();
  const form = page.getByRole('dialog', { name: 'New key' });
  await expect(form).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await form.getByLabel('Name').fill('Website');
  await form.getByLabel('Only from these addresses').fill('not a range');
  await form.getByRole('button', { name: 'Create key' }).click();
  await expect(form.getByRole('alert')).toBeVisible();
  await form.getByLabel('Only from these addresses').fill('127.0.0.0/8, ::1/128');
  await form.getByRole('button', { name: 'Create key' }).click();
  const shown = page.getByRole('dialog', { name: 'Website created' });
  await expect(shown.getByText('curl')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  const secret = (await shown.locator('code').first().textContent()) ?? '';
  const status = (key: string) => ask(demo, key);
  expect(await status(secret)).toBe(200);
  await shown.getByRole('button', { name: 'I’ve copied it' }).click();
  await expect(page.getByText('127.0.0.0/8')).toBeVisible();
  await expect(page.locator('body')).not.toContainText(secret);
  await expectAccessible(page);
  await expectNoOverflow(page);

  await page.getByRole('button', { name: 'Website: rotate' }).click();
  const rotate = page.getByRole('alertdialog');
  await rotate.getByText('expires immediately').click();
  await rotate.getByRole('button', { name: 'Rotate' }).click();
  const next = (await shown.locator('code').first().textContent()) ?? '';
  await shown.getByRole('button', { name: 'I’ve copied it' }).click();
  expect(await status(next)).toBe(200);
  await expect.poll(() => status(secret)).toBe(401);

  await page.getByRole('button', { name: 'Website: revoke' }).last().click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('Website revoked')).toBeVisible();
  await expect.poll(() => status(next)).toBe(401);
});

/** The API's status for a key, requested outside the browser. */
async function ask(demo: Demo, key: string): Promise<number> {
  return (await fetch(`${demo.address}/v1/channels`, { headers: { authorization: `Bearer ${key}` } })).status;
}

test('the audit log shows who did what and can be filtered', { tag: '@engine' }, async ({ page, demo }) => {
  const person = await newPerson(page, demo);
  const headers = { 'fanfare-workspace': person.workspace };
  await page.request.post('/v1/keys', { data: { name: 'For the audit' }, headers });
  await page.goto('/settings/audit');
  await expect(page.getByText('created an API key')).toBeVisible();
  await expect(page.getByText('joined the workspace')).toBeVisible();
  await page.getByRole('button', { name: /^Everything/ }).click();
  await page.getByRole('option', { name: 'API keys' }).click();
  await expect(page.getByText('joined the workspace')).toBeHidden();
  await expect(page.getByText('created an API key')).toBeVisible();
  await page.getByText('Denied only').click();
  await expect(page.getByRole('heading', { name: 'No matching events' })).toBeVisible();
  await expectAccessible(page);
});

test('a role without permission sees which one is missing and who can give it', async ({ page, demo }) => {
  await newPerson(page, demo, 'editor');
  for (const [path, permission] of [
    ['/settings/keys', 'keys:manage'],
    ['/settings/audit', 'audit:read'],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(permission)).toBeVisible();
    await expectAccessible(page);
  }
  await page.goto('/settings/workspace');
  await expect(page.getByText('An owner or manager can change this.')).toBeVisible();
  await page.goto('/settings/instance');
  await expect(page.getByRole('heading', { name: 'Only the operator can open this page' })).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByRole('link', { name: 'Installation' })).toBeHidden();
});

test('the operator sees the installation’s health and tests a platform’s app', { tag: ['@layout', '@engine'] }, async ({
  page,
  demo,
  server,
}) => {
  await signIn(page, demo);
  await page.goto('/settings/instance');
  await expect(page.getByText(`${server ? 'PostgreSQL' : 'SQLite'} answers`)).toBeVisible();
  const x = page.getByRole('listitem').filter({ has: page.getByText('X', { exact: true }) });
  await x.getByRole('button', { name: 'Test app' }).click();
  await expect(x.getByText('The platform accepted the app')).toBeVisible();
  await x.getByRole('button', { name: 'Replace app' }).click();
  const dialog = page.getByRole('dialog', { name: 'App at X' });
  await expect(dialog.getByText(`${demo.address}/connect/x/callback`)).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('the emergency stop explains itself, is shown to everyone, and is lifted', { tag: '@layout' }, async ({
  page,
  demo,
  browser,
}) => {
  const person = await newPerson(page, demo, 'editor');
  await signIn(page, demo);
  await page.goto('/settings/instance');
  await page.getByRole('button', { name: 'Stop publishing' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Stop all publishing?' });
  await expect(dialog.getByText('Scheduled posts stay scheduled')).toBeVisible();
  await expectAccessible(page);
  try {
    await dialog.getByRole('button', { name: 'Stop publishing' }).click();
    await expect(page.getByText('Publishing is stopped on this installation.')).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);
    const theirs = await elsewhere(browser, page);
    await theirs.request.post('/v1/session', { data: { email: person.email, password: PASSWORD } });
    const other = await theirs.newPage();
    await other.goto('/channels');
    await expect(other.getByText('The operator can resume publishing.')).toBeVisible();
    await theirs.close();
    await page.getByRole('button', { name: 'Resume publishing' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Resume publishing' }).click();
    await expect(page.getByText('Publishing is on').first()).toBeVisible();
    await expect(page.getByText('Publishing is stopped on this installation.')).toBeHidden();
  } finally {
    await page.request.delete('/v1/instance/stop');
  }
});

test('the settings work by keyboard alone', { tag: '@desk' }, async ({ page, demo }) => {
  // A phone has no keys.
  await newPerson(page, demo);
  await page.goto('/channels');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'API keys' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'API keys' })).toBeVisible();
  await page.getByRole('button', { name: 'New key' }).press('Enter');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.type('By hand');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'By hand created' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});
