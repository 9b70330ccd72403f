import type { Page } from '@playwright/test';
import { DAY_MS, inDays } from './harness/clock';
import { manyPosts } from './harness/crowd';
import { ownWorkspace } from './harness/people';
import type { Demo } from './harness/server';
import { expect, expectAccessible, expectNoOverflow, isPhone, signIn, test } from './harness/test';

interface Post {
  id: string;
  publications: { id: string; due_at: string; state: string; local_time?: string }[];
}

let count = 0;
/** A unique word to search the calendar for. */
const word = () => `walk${Date.now().toString(36)}${process.pid}${count++}`;

async function channelOn(page: Page, platform: string): Promise<string> {
  const channels = (await (await page.request.get('/v1/channels')).json()) as { id: string; platform: string }[];
  const found = channels.find((channel) => channel.platform === platform);
  if (!found) throw new Error(`the demo has no channel on ${platform}`);
  return found.id;
}

async function schedule(page: Page, text: string, when: object, platforms = ['mastodon']): Promise<Post> {
  const channels = await Promise.all(platforms.map(async (one) => ({ channel: await channelOn(page, one) })));
  const answer = await page.request.post('/v1/posts', { data: { text, channels, schedule: when } });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Post;
}

/** Schedules a post of this test on a future day at nine UTC. */
async function planned(page: Page, demo: Demo, days: number): Promise<{ post: Post; text: string; q: string }> {
  await signIn(page, demo);
  const q = word();
  const text = `The lock keeper's ${q} along the coal quay`;
  const post = await schedule(page, text, { at: `${inDays(days)}T09:00:00Z` });
  return { post, text, q };
}

async function dueAt(page: Page, { id }: Post): Promise<string | undefined> {
  const post = (await (await page.request.get(`/v1/posts/${id}`)).json()) as Post;
  return post.publications[0]?.due_at;
}

const entry = (page: Page, q: string) => page.locator('[data-entry]').filter({ hasText: q });

test('the month shows today, the time zone and every state in words', {
  tag: ['@layout', '@time'],
}, async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/calendar?view=month');
  await expect(page.getByText('Times in UTC')).toBeVisible();
  await expect(page.locator('[aria-current="date"]').first()).toBeVisible();
  // A month that starts today may have no past posts.
  await page.goto(`/calendar?view=month&date=${inDays(-14)}`);
  await expect(page.getByRole('button', { name: isPhone(page) ? /, \d+ posts?$/ : /Published/ }).first()).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('on a phone the calendar opens as a list without empty days', { tag: '@phone' }, async ({ page, demo }) => {
  // On a desktop it opens with the month.
  await signIn(page, demo);
  await page.goto('/calendar');
  await expect(page.getByRole('radio', { name: 'List' })).toBeChecked();
  await expect(page.locator('[data-entry]').first()).toBeVisible();
  const [first] = await page
    .locator('[data-entry]')
    .first()
    .boundingBox()
    .then((box) => [box?.height ?? 0]);
  expect(first).toBeGreaterThanOrEqual(44);
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('the week shows hours, posts at their time, and a line for now', { tag: ['@layout', '@time'] }, async ({
  page,
  demo,
}) => {
  const { q } = await planned(page, demo, 9);
  await page.goto(`/calendar?view=week&date=${inDays(9)}&q=${q}`);
  await expect(entry(page, q)).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  if (isPhone(page)) return;
  await page.goto('/calendar?view=week');
  await expect(page.getByText(/^Now: /)).toBeAttached();
});

test('a post is moved by keyboard alone, announced at each step, and moved back', { tag: ['@desk', '@time'] }, async ({
  page,
  demo,
}) => {
  // A phone has no keys.
  const { post, q } = await planned(page, demo, 9);
  await page.goto(`/calendar?view=month&date=${inDays(9)}&q=${q}`);
  await expect(entry(page, q)).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search posts' }).focus();
  for (
    let presses = 0;
    presses < 20 && !(await entry(page, q).evaluate((one) => one === document.activeElement));
    presses++
  ) {
    await page.keyboard.press('Tab');
  }
  await expect(entry(page, q)).toBeFocused();
  await page.keyboard.press('m');
  const bar = page.getByRole('application', { name: new RegExp(q) });
  await expect(bar).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(bar.getByRole('status')).toContainText('10:00');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^Moved to .*10:00$/)).toBeVisible();
  await expect(entry(page, q)).toBeFocused();
  await expect.poll(() => dueAt(page, post)).toBe(`${inDays(10)}T10:00:00Z`);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => dueAt(page, post)).toBe(`${inDays(9)}T09:00:00Z`);
});

test('a post is moved by taps', { tag: ['@layout', '@time'] }, async ({ page, demo }) => {
  const { post, q } = await planned(page, demo, 11);
  await page.goto(`/calendar?view=list&date=${inDays(11)}&q=${q}`);
  await entry(page, q).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
  await page.getByRole('button', { name: 'A day later' }).click();
  await expectNoOverflow(page);
  await page.getByLabel('Time', { exact: true }).fill('16:45');
  await page.getByRole('button', { name: 'Move here' }).click();
  await expect.poll(() => dueAt(page, post)).toBe(`${inDays(12)}T16:45:00Z`);
});

test('a date of a repeating post is moved alone, or with all later ones', { tag: ['@layout', '@time'] }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const q = word();
  const made = await page.request.post('/v1/posts', {
    data: {
      text: `The tides of ${q}`,
      channels: [{ channel: await channelOn(page, 'mastodon') }],
      schedule: { local: `${inDays(9)}T09:00`, zone: 'Etc/UTC' },
      repeat: { every: 'day', count: 3 },
    },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = (await made.json()) as Post;
  const dates = async () => {
    const post = (await (await page.request.get(`/v1/posts/${id}`)).json()) as Post;
    return post.publications.filter(({ state }) => state === 'scheduled').map(({ due_at }) => due_at.slice(0, 16));
  };
  await page.goto(`/calendar?view=list&date=${inDays(9)}&q=${q}`);
  const second = entry(page, q).nth(1);
  const move = async () => {
    await second.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
    await page.getByLabel('Time', { exact: true }).fill('16:45');
    await page.getByRole('button', { name: 'Move here' }).click();
    await expect(page.getByRole('dialog', { name: 'Move repeating post' })).toBeVisible();
    await expectAccessible(page);
  };
  await move();
  await page.getByRole('button', { name: 'Move this one' }).click();
  await expect.poll(dates).toEqual([`${inDays(9)}T09:00`, `${inDays(10)}T16:45`, `${inDays(11)}T09:00`]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(dates).toEqual([`${inDays(9)}T09:00`, `${inDays(10)}T09:00`, `${inDays(11)}T09:00`]);
  await move();
  await page.getByText('This and all later ones').click();
  await page.getByRole('button', { name: 'Move all' }).click();
  await expect.poll(dates).toEqual([`${inDays(9)}T09:00`, `${inDays(10)}T16:45`, `${inDays(11)}T16:45`]);
});

test('a past time is refused, and cancelling moves nothing', { tag: '@time' }, async ({ page, demo }) => {
  const { post, q } = await planned(page, demo, 3);
  await page.goto(`/calendar?view=list&date=${inDays(3)}&q=${q}`);
  await entry(page, q).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
  await page.getByLabel('Date', { exact: true }).fill(inDays(-3));
  await expect(page.getByRole('status').filter({ hasText: 'That time has passed' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Move here' })).toBeDisabled();
  await page.getByRole('button', { name: 'Don’t move' }).click();
  await expect(page.getByRole('application')).toBeHidden();
  expect(await dueAt(page, post)).toBe(`${inDays(3)}T09:00:00Z`);
});

test('a post is dragged to another day, and in the week to another hour', { tag: ['@desk', '@time'] }, async ({
  page,
  demo,
}) => {
  // Touch scrolls; on a phone the bar moves posts.
  // The day before is on the same page.
  const to = inDays(9).endsWith('-01') ? 9 : 8;
  const { post, q } = await planned(page, demo, to + 1);
  await page.goto(`/calendar?view=month&date=${inDays(to + 1)}&q=${q}`);
  await dragTo(page, q, page.locator(`[data-day="${Date.parse(inDays(to)) / DAY_MS}"]`));
  await expect.poll(() => dueAt(page, post)).toBe(`${inDays(to)}T09:00:00Z`);
  await expect(page.getByText(/^Moved to /)).toBeVisible();
  await page.goto(`/calendar?view=week&date=${inDays(to)}&q=${q}`);
  await expect(entry(page, q)).toBeVisible();
  const box = await entry(page, q).boundingBox();
  if (!box) throw new Error('the entry has no place');
  await page.mouse.move(box.x + 20, box.y + 6);
  await page.mouse.down();
  await page.mouse.move(box.x + 20, box.y + 40, { steps: 4 });
  await page.mouse.move(box.x + 20, box.y + 6 + 160, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => dueAt(page, post)).toBe(`${inDays(to)}T11:00:00Z`);
});

async function dragTo(page: Page, q: string, place: ReturnType<Page['locator']>): Promise<void> {
  await entry(page, q).scrollIntoViewIfNeeded();
  const [from, to] = [await entry(page, q).boundingBox(), await place.boundingBox()];
  if (!from || !to) throw new Error('there is nothing to drag');
  await page.mouse.move(from.x + 20, from.y + 10);
  await page.mouse.down();
  await page.mouse.move(from.x + 30, from.y + 20, { steps: 3 });
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
  await page.mouse.up();
}

test('a move that the server refuses is reverted, with the reason', { tag: '@time' }, async ({ page, demo }) => {
  const { q } = await planned(page, demo, 9);
  await page.route('**/v1/posts/*/schedule', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: '/problems/too-late',
        title: 'Too late for this',
        status: 409,
        detail: "It is being sent right now, so it can't be changed any more.",
        remedy: '',
        request_id: 'req_test',
      }),
    }),
  );
  await page.goto(`/calendar?view=list&date=${inDays(9)}&q=${q}`);
  await entry(page, q).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
  await page.getByLabel('Time', { exact: true }).fill('12:15');
  await page.getByRole('button', { name: 'Move here' }).click();
  await expect(page.getByText('The post was moved back')).toBeVisible();
  await expect(page.getByText(/It is being sent right now/)).toBeVisible();
  await expect(entry(page, q)).toContainText('09:00');
});

test('a live post says why it can’t be moved', { tag: ['@desk', '@time'] }, async ({ page, demo }) => {
  // A phone has no keys.
  await signIn(page, demo);
  await page.goto(`/calendar?view=list&state=published&date=${inDays(-28)}`);
  await page.locator('[data-entry]').first().focus();
  await page.keyboard.press('m');
  await expect(page.getByText('This post can’t be moved')).toBeVisible();
  await expect(page.getByText('It’s already live.')).toBeVisible();
});

test('the quick view lists the channels, unschedules the post and undoes that', { tag: ['@layout', '@time'] }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const q = word();
  await schedule(page, `Two ${q} corners`, { at: `${inDays(7)}T10:00:00Z` }, ['mastodon', 'bluesky']);
  await page.goto(`/calendar?view=list&date=${inDays(7)}&q=${q}`);
  await entry(page, q).click();
  const look = page.getByRole('dialog').first();
  await expect(look.getByRole('listitem')).toHaveCount(2);
  await expect(look.getByText('Scheduled')).toHaveCount(2);
  await expectAccessible(page);
  await expectNoOverflow(page);
  await look.getByRole('button', { name: 'Unschedule' }).click();
  await expect(entry(page, q)).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(entry(page, q)).toContainText('10:00');
  await entry(page, q).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unschedule' }).click();
  // A page that is left before the server has answered takes the request with it.
  await expect(entry(page, q)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.goto(`/calendar?view=list&date=${inDays(7)}&q=${q}&state=cancelled`);
  await expect(entry(page, q)).toBeVisible();
});

test('filters are kept in the address and can be cleared', { tag: '@time' }, async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(`/calendar?view=list&date=${inDays(-28)}`);
  await expect(page.locator('[data-entry]').first()).toBeVisible();
  const all = await page.locator('[data-entry]').count();
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('dialog').getByText('Failed').click();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/state=failed/);
  await expect(page.locator('[data-entry]')).toHaveCount(1);
  await page.reload();
  await expect(page.locator('[data-entry]')).toHaveCount(1);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect.poll(() => page.locator('[data-entry]').count()).toBe(all);
});

test('an entry updates its state when it is published, without a reload', { tag: '@time' }, async ({ page, demo }) => {
  await signIn(page, demo);
  const q = word();
  await page.goto(`/calendar?view=list&q=${q}`);
  await expect(page.getByText('No matching posts in this period')).toBeVisible();
  await schedule(page, `The ${q} leaves in a moment`, { at: new Date(Date.now() + 4_000).toISOString() });
  await expect(entry(page, q)).toContainText('Scheduled');
  await expect(entry(page, q)).toContainText('Published', { timeout: 20_000 });
});

test('a day on which clocks change says so', { tag: '@time' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  for (const view of ['month', 'week', 'list']) {
    await page.goto(`/calendar?view=${view}&date=2026-10-25`);
    await expect(page.getByText('Times in Amsterdam (UTC+01:00)')).toBeVisible();
    await expect(page.getByText('Clocks go back: 02:00–03:00 happens twice.').first()).toBeAttached();
  }
  await page.goto('/calendar?view=list&date=2027-03-28');
  await expect(page.getByText('Clocks go forward: 02:00–03:00 does not exist.')).toBeVisible();
});

test('the calendar can be shown in one’s own time zone', { tag: '@time' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/calendar?view=list&date=2026-07-01');
  await expect(page.getByText('Times in Amsterdam (UTC+02:00)')).toBeVisible();
  await page.getByRole('button', { name: 'Show in UTC' }).click();
  await expect(page.getByText('Times in UTC')).toBeVisible();
  await page.getByRole('button', { name: 'Show in Amsterdam' }).click();
  await expect(page.getByText('Times in Amsterdam (UTC+02:00)')).toBeVisible();
});

test('an empty calendar explains how to fill it', { tag: '@layout' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/calendar');
  await expect(page.getByRole('heading', { name: 'No posts in this period' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Connect a channel' })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('a calendar that fails to load can be retried', async ({ page, demo }) => {
  await signIn(page, demo);
  let isBroken = true;
  await page.route('**/v1/calendar?**', (route) =>
    isBroken ? route.fulfill({ status: 404, body: '' }) : route.continue(),
  );
  await page.goto('/calendar?view=list');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  isBroken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('[data-entry]').first()).toBeVisible();
});

test('a free queue slot starts a post for it', { tag: '@time' }, async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(`/calendar?view=list&date=${inDays(1)}`);
  const slot = page.getByRole('link', { name: /^Free queue slot, .*: write a post for it$/ }).first();
  await slot.click();
  await expect(page).toHaveURL(/\/compose\?at=\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d&channel=channel_/);
});

test('pressing an empty day or an hour starts a post for it', {
  tag: ['@desk', '@time'],
}, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto(`/calendar?view=month&date=${inDays(9)}`);
  const day = page.locator(`[data-day="${Date.parse(inDays(9)) / DAY_MS}"]`);
  await day.click({ position: { x: 60, y: 90 } });
  await expect(page).toHaveURL(new RegExp(`/compose\\?at=${inDays(9)}T09(:|%3A)00$`));
  await page.goto(`/calendar?view=week&date=${inDays(9)}`);
  const [hour, line] = [13.5, 80];
  await day.click({ position: { x: 60, y: hour * line + 10 } });
  await expect(page).toHaveURL(new RegExp(`/compose\\?at=${inDays(9)}T13(:|%3A)30$`));
});

test('of ten thousand posts the calendar draws only what can be seen', { tag: '@once' }, async ({ page, demo }) => {
  // How long that takes is measured by `npm run bench`.
  await ownWorkspace(page, demo);
  const json = { items: manyPosts(10_000), truncated: false };
  await page.route('**/v1/calendar?**', (route) => route.fulfill({ json }));
  for (const view of ['month', 'week', 'list']) {
    await page.goto(`/calendar?view=${view}&date=${inDays(0).slice(0, 8)}15`);
    await expect(page.locator('[data-entry]').first()).toBeVisible();
    expect(await page.locator('[data-entry]').count(), view).toBeLessThan(500);
  }
});

test('words are looked for on all days, not only on those shown', { tag: '@time' }, async ({ page, demo }) => {
  const { q } = await planned(page, demo, 70);
  await page.goto(`/calendar?view=week&q=${q}`);
  const found = page.getByRole('region', { name: 'Other days and drafts' });
  await expect(found.getByRole('link', { name: new RegExp(q) })).toBeVisible();
  await found.getByRole('button', { name: 'Show this day' }).click();
  await expect(entry(page, q)).toBeVisible();
  await expect(found).toBeHidden();
});
