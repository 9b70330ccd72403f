import type { Page } from '@playwright/test';
import { accept, elsewhere, newPerson, ownWorkspace, PASSWORD } from './harness/people';
import { network } from './harness/sandbox';
import type { Demo } from './harness/server';
import { chooseZone, expect, expectAccessible, expectNoOverflow, freshTest, test } from './harness/test';

/** Goes to the platform's consent page and answers it. */
async function goAndAnswer(page: Page, platform: string, account: string, answer: 'Allow' | 'Deny'): Promise<void> {
  await page.getByRole('button', { name: `Continue to ${platform}` }).click();
  const named = page.getByRole('radio', { name: new RegExp(`\\b${account}$`, 'i') });
  await page.getByRole('button', { name: answer }).waitFor();
  if (await named.count()) await named.first().check();
  await page.getByRole('button', { name: answer }).click();
}

async function connect(page: Page, demo: Demo, account: string): Promise<void> {
  await page.goto('/channels?connect=mastodon');
  await page.getByLabel('Your server').fill(await network(page.request, demo, 'mastodon'));
  await goAndAnswer(page, 'Mastodon', account, 'Allow');
  await expect(page.getByRole('status', { name: 'Connected' })).toBeVisible();
}

test('a newcomer connects a channel and sees what is read before, and what to do next after', {
  tag: ['@layout', '@time', '@engine'],
}, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/channels');
  await expect(page.getByRole('heading', { name: 'Connect your first channel' })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('button', { name: /^Mastodon/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect Mastodon' });
  await expect(dialog.getByText('What Fanfare reads and keeps')).toBeVisible();
  await expect(dialog.getByText('Who receives what you publish')).toBeVisible();
  await dialog.getByText('Technical names at Mastodon').click();
  await expect(dialog.getByText('write:statuses').first()).toBeVisible();
  await expect(dialog.getByRole('checkbox', { name: /Find other people’s posts/ })).not.toBeChecked();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByLabel('Your server').fill(await network(page.request, demo, 'mastodon'));
  await goAndAnswer(page, 'Mastodon', 'harbour_bakery', 'Allow');
  const done = page.getByRole('status', { name: 'Connected' });
  await expect(done).toContainText('Harbour Bakery on Mastodon is connected');
  await expect(page.getByText('No queue slots yet')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await done.getByRole('link', { name: 'Set queue slots' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Harbour Bakery' })).toBeVisible();
  await expect(page.getByText('No slots yet')).toBeVisible();
  await disconnect(page, 'Harbour Bakery');
  await expect(page.getByRole('heading', { name: 'Connect your first channel' })).toBeVisible();
});

/** Frees the account for the next test. */
async function disconnect(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Disconnect channel' }).click();
  const dialog = page.getByRole('alertdialog', { name: `Disconnect ${name}?` });
  await expect(dialog.getByText('Erased immediately')).toBeVisible();
  await expect(dialog.getByText('stay live on')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByText(`${name} disconnected`)).toBeVisible();
}

test('declining access shows what happened and offers to try again', { tag: '@layout' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/channels?connect=mastodon');
  await page.getByLabel('Your server').fill(await network(page.request, demo, 'mastodon'));
  await goAndAnswer(page, 'Mastodon', 'northwind', 'Deny');
  const alert = page.getByRole('alert').filter({ hasText: 'Mastodon access declined' });
  await expect(alert).toContainText('no account data was stored');
  await expectAccessible(page);
  await expectNoOverflow(page);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('dialog', { name: 'Connect Mastodon' })).toBeVisible();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await alert.getByRole('button', { name: 'Dismiss' }).click();
  await expect(alert).toBeHidden();
  await expect(page).toHaveURL(/\/channels$/);
});

test('an invalid server shows its error beside the field and stores nothing', async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/channels?connect=mastodon');
  const dialog = page.getByRole('dialog', { name: 'Connect Mastodon' });
  await dialog.getByLabel('Your server').fill('not a server');
  await dialog.getByRole('button', { name: 'Continue to Mastodon' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await expect(dialog.getByLabel('Your server')).toHaveValue('not a server');
  await expectAccessible(page);
});

test('queue slots are set by mouse: a ready-made week, another time, a copied day', {
  tag: ['@layout', '@time'],
}, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await connect(page, demo, 'northwind');
  await page.getByRole('link', { name: 'Set queue slots' }).click();
  await page.getByRole('button', { name: 'Saturday: add a time' }).click();
  await page.getByLabel('Time', { exact: true }).fill('11:15');
  await page.getByRole('button', { name: 'Sunday', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Sunday', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Add times' }).click();
  await expect(page.getByRole('grid', { name: 'Saturday' }).getByText('11:15')).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Sunday' }).getByText('11:15')).toBeVisible();
  for (const day of ['Monday', 'Tuesday']) {
    await page.getByRole('button', { name: `${day}: add a time` }).click();
    await page.getByLabel('Time', { exact: true }).fill('09:30');
    await page.getByRole('button', { name: 'Add times' }).click();
  }
  await page.getByRole('button', { name: 'Saturday: copy or remove' }).click();
  await page.getByRole('menuitem', { name: 'Copy to Monday' }).click();
  const monday = page.getByRole('grid', { name: 'Monday' });
  await expect(monday.getByText('11:15')).toBeVisible();
  await expect(monday.getByText('09:30')).toBeHidden();
  await page.getByRole('button', { name: 'Tuesday 09:30: remove' }).click();
  await expect(page.getByRole('grid', { name: 'Tuesday' })).toBeHidden();
  await expectAccessible(page);
  await expectNoOverflow(page);
  // The stored slots match the screen.
  await page.reload();
  await expect(page.getByRole('grid', { name: 'Monday' }).getByText('11:15')).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Tuesday' })).toBeHidden();
  await expect(page.getByText(/, Amsterdam$/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Ready-made weeks' }).click();
  await page.getByRole('menuitem', { name: 'Weekdays 9:30' }).click();
  await expect(page.getByRole('grid', { name: 'Friday' }).getByText('09:30')).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Saturday' })).toBeHidden();
  await disconnect(page, 'Northwind Bikes');
});

test('quick successive changes are all saved, even if the first response is slow', {
  tag: '@time',
}, async ({ page, demo }) => {
  const headers = { 'fanfare-workspace': await ownWorkspace(page, demo) };
  await connect(page, demo, 'northwind');
  await page.getByRole('link', { name: 'Set queue slots' }).click();
  await expect(page.getByText('No slots yet')).toBeVisible();
  // The zone can be chosen before there are slots.
  const zone = page.getByRole('combobox', { name: 'Time zone' });
  await chooseZone(page, 'Lisb', /Lisbon/);
  await expect(page.getByText('Slots are now in Lisbon, Europe')).toBeVisible();
  await expect(zone).toHaveValue('Lisbon, Europe');
  let answer = () => {};
  const isAnswered = new Promise<void>((done) => {
    answer = done;
  });
  await page.route('**/v1/channels/*/slots', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const response = await route.fetch();
    await isAnswered;
    return route.fulfill({ response });
  });
  const add = async (day: string) => {
    await page.getByRole('button', { name: `${day}: add a time` }).click();
    await page.getByRole('button', { name: 'Add times' }).click();
    await expect(page.getByRole('grid', { name: day }).getByText('09:00')).toBeVisible();
  };
  await add('Monday');
  const again = page.waitForResponse(
    (response) => /\/slots$/.test(response.url()) && response.request().method() === 'GET',
  );
  await add('Tuesday');
  // The page learns of the first change and reloads the week, which lacks the second.
  await again;
  await expect(page.getByRole('grid', { name: 'Tuesday' })).toBeVisible();
  await add('Wednesday');
  answer();
  const stored = async () => {
    const channel = new URL(page.url()).pathname.split('/').at(-1);
    const slots = (await (await page.request.get(`/v1/channels/${channel}/slots`, { headers })).json()) as object[];
    return slots.map((slot) => ('weekday' in slot && 'zone' in slot ? `${slot.weekday} ${slot.zone}` : ''));
  };
  await expect.poll(stored).toEqual(['0 Europe/Lisbon', '1 Europe/Lisbon', '2 Europe/Lisbon']);
  await disconnect(page, 'Northwind Bikes');
});

test('queue slots are set by keyboard alone, and a mistake is undone', { tag: ['@desk', '@time'] }, async ({
  page,
  demo,
}) => {
  // A phone has no keys.
  await ownWorkspace(page, demo);
  await connect(page, demo, 'northwind');
  await page.getByRole('link', { name: 'Set queue slots' }).press('Enter');
  await page.getByRole('button', { name: 'Monday: add a time' }).press('Enter');
  await expect(page.getByLabel('Time', { exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  const monday = page.getByRole('grid', { name: 'Monday' });
  await expect(monday.getByRole('row', { name: '09:00' })).toBeVisible();
  await monday.getByRole('row', { name: '09:00' }).focus();
  await page.keyboard.press('Delete');
  await expect(monday).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).press('Enter');
  await expect(monday.getByRole('row', { name: '09:00' })).toBeVisible();
  await disconnect(page, 'Northwind Bikes');
});

test('a channel is paused with a reason, listed first, and resumed', {
  tag: ['@layout', '@time'],
}, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await connect(page, demo, 'northwind');
  await page.getByRole('link', { name: 'Set queue slots' }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Pause Northwind Bikes' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Reason').fill('The shop moves');
  await dialog.getByText('Until a set time').click();
  await dialog.getByLabel('Resumes at').fill('2099-05-01T09:00');
  await dialog.getByRole('button', { name: 'Pause channel' }).click();
  await expect(page.getByText('Paused: The shop moves.')).toBeVisible();
  await expect(page.getByText(/1 May, 09:00/)).toBeVisible();
  await page.getByRole('link', { name: 'Channels' }).first().click();
  await expect(page.getByText('Paused: The shop moves.')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('Northwind Bikes resumed')).toBeVisible();
  await expect(page.getByText('Paused: The shop moves.')).toBeHidden();
  await page.getByRole('link', { name: 'Northwind Bikes' }).click();
  await disconnect(page, 'Northwind Bikes');
});

test('a missing permission is shown with what it turns off, and can be added', {
  tag: '@layout',
}, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/channels?connect=mastodon');
  await page.getByLabel('Your server').fill(await network(page.request, demo, 'mastodon'));
  await page.getByText('Attach files with alt text').click();
  await goAndAnswer(page, 'Mastodon', 'northwind', 'Allow');
  await expect(page.getByText('Posts can’t include files.')).toBeVisible();
  await page.getByRole('link', { name: 'Northwind Bikes', exact: true }).click();
  await expect(page.getByText('Limited permissions')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('button', { name: 'Add permissions' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Connect Mastodon' });
  await expect(dialog.getByRole('checkbox', { name: /Attach files/ })).toBeChecked();
  await dialog.getByLabel('Your server').fill(await network(page.request, demo, 'mastodon'));
  await goAndAnswer(page, 'Mastodon', 'northwind', 'Allow');
  await expect(page.getByText('Northwind Bikes reconnected')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'Northwind Bikes' })).toBeVisible();
  await expect(page.getByText('Limited permissions')).toBeHidden();
  await disconnect(page, 'Northwind Bikes');
});

test('a platform’s limits are in a table with their source', { tag: '@time' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await connect(page, demo, 'northwind');
  await page.getByRole('link', { name: 'Set queue slots' }).click();
  await expect(page.getByRole('heading', { name: 'Mastodon limits' })).toBeVisible();
  await expect(page.getByText('500 characters', { exact: true })).toBeVisible();
  await expect(page.getByText(/^Source: /).first()).toBeVisible();
  await disconnect(page, 'Northwind Bikes');
});

test('a role that may not manage channels sees them without the buttons', async ({ page, demo }) => {
  await newPerson(page, demo, 'editor');
  await page.goto('/channels');
  await expect(page.getByText('An owner or manager of the workspace can connect accounts.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Connect channel' })).toBeHidden();
  await expectAccessible(page);
  await page.goto('/channels/channel_gone');
  await expect(page.getByRole('heading', { name: 'Channel not found' })).toBeVisible();
  await expectAccessible(page);
});

freshTest(
  'where the app of the installation is missing, the operator enters it, and others are told whom to ask',
  { tag: '@layout' },
  async ({ page, fresh, browser }) => {
    const token = new URL(fresh.ownerLink).hash.slice(1);
    const owner = { token, name: 'Lena Vos', email: 'lena@example.org', password: PASSWORD };
    await page.request.post('/v1/owner', { data: { ...owner, workspace: 'Harbour walks', zone: 'Europe/Amsterdam' } });
    await page.goto('/channels');
    await page.getByRole('button', { name: /^X/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Connect X' });
    await expect(dialog.getByText('As the operator')).toBeVisible();
    await expect(dialog.getByText(`${fresh.address}/connect/x/callback`)).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);

    const answer = await page.request.post('/v1/members', { data: { email: 'max@example.org', role: 'manager' } });
    const { link } = (await answer.json()) as { link: string };
    const theirs = await elsewhere(browser, page);
    await accept(theirs.request, link, 'Max');
    const other = await theirs.newPage();
    await other.goto('/channels');
    await other.getByRole('button', { name: /^X/ }).click();
    await expect(other.getByRole('dialog')).toContainText('Ask the operator');
    await expect(other.getByRole('button', { name: 'Save app' })).toBeHidden();
    await theirs.close();

    await dialog.getByLabel('OAuth 2.0 client ID').fill('an-app');
    await dialog.getByRole('button', { name: 'Save app' }).click();
    await expect(dialog.getByRole('button', { name: 'Continue to X' })).toBeVisible();
  },
);
