import type { Page } from '@playwright/test';
import { inDays } from './harness/clock';
import { ownWorkspace } from './harness/people';
import { postByHand } from './harness/sandbox';
import { expect, expectAccessible, expectNoOverflow, signIn, test } from './harness/test';

interface Post {
  id: string;
  revision: number;
  state: string;
  publications: { id: string; channel: string; state: string; due_at: string; url?: string }[];
}

let count = 0;
/** A unique word. */
const word = () => `ferry${Date.now().toString(36)}${process.pid}${count++}`;

async function channelOn(page: Page, platform: string): Promise<string> {
  const channels = (await (await page.request.get('/v1/channels')).json()) as { id: string; platform: string }[];
  const found = channels.find((channel) => channel.platform === platform);
  if (!found) throw new Error(`the demo has no channel on ${platform}`);
  return found.id;
}

async function make(page: Page, text: string, platforms: string[], schedule?: object): Promise<Post> {
  const channels = await Promise.all(platforms.map(async (one) => ({ channel: await channelOn(page, one) })));
  const answer = await page.request.post('/v1/posts', { data: { text, channels, ...(schedule ? { schedule } : {}) } });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Post;
}

async function read(page: Page, { id }: Post): Promise<Post> {
  return (await (await page.request.get(`/v1/posts/${id}`)).json()) as Post;
}

/** A demo post in this state. Only one test may change each of them. */
async function demoPost(page: Page, state: string, publication: string): Promise<Post> {
  const { items } = (await (await page.request.get(`/v1/posts?state=${state}`)).json()) as { items: Post[] };
  const found = items.find(({ publications }) => publications.some((one) => one.state === publication));
  if (!found) throw new Error(`the demo has no post that is ${publication}`);
  return found;
}

/** A channel's card on the page of a post. */
const card = (page: Page, platform: string) =>
  page
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { level: 3 }) })
    // The handle may stand before it.
    .filter({ has: page.getByText(new RegExp(`(^|· )${platform}$`)) });

test('the list shows every state with its count, and what needs attention', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  await page.goto('/posts');
  await expect(page.getByRole('heading', { name: 'Posts', level: 1 })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Posts' }).getByRole('listitem').nth(5)).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('link', { name: /^Needs attention \d+$/ }).click();
  await expect(page).toHaveURL(/state=needs_you/);
  await expect(page.getByText('Live on 4 of 5 channels').first()).toBeVisible();
  await page.getByRole('link', { name: /^Drafts \d+$/ }).click();
  await expect(page.getByRole('list', { name: 'Posts' }).getByText('Draft').first()).toBeAttached();
  await expect(page.getByText('Live on 4 of 5 channels')).toBeHidden();
});

test('a post is found by its text and by its channel', async ({ page, demo }) => {
  await signIn(page, demo);
  const q = word();
  await make(page, `Where the ${q} lands`, ['bluesky']);
  await page.goto('/posts');
  await page.getByRole('searchbox', { name: 'Search posts' }).fill(q);
  await expect(page).toHaveURL(new RegExp(`q=${q}`));
  await expect(page.getByRole('list', { name: 'Posts' }).getByRole('listitem')).toHaveCount(1);
  await page.goto(`/posts?q=${q}&channel=${await channelOn(page, 'mastodon')}`);
  await expect(page.getByRole('heading', { name: 'No matching posts' })).toBeVisible();
  await expectAccessible(page);
});

test('an empty workspace explains what will appear', { tag: '@layout' }, async ({ page, demo }) => {
  await ownWorkspace(page, demo);
  await page.goto('/posts');
  await expect(page.getByRole('heading', { name: 'No posts yet' })).toBeVisible();
  await page.goto('/posts?state=needs_you');
  await expect(page.getByRole('heading', { name: 'Nothing needs attention' })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('a deleted post shows “Post not found”', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto('/posts/post_01m80z8t4xfg995r00chx49zzz');
  await expect(page.getByRole('heading', { name: 'Post not found' })).toBeVisible();
  await expectAccessible(page);
});

test('the history updates live, down to each request', { tag: ['@layout', '@time'] }, async ({ page, demo }) => {
  await signIn(page, demo);
  const post = await make(page, `Boarding the ${word()}`, ['mastodon'], { at: `${inDays(4)}T09:00:00Z` });
  await page.goto(`/posts/${post.id}`);
  const mastodon = card(page, 'Mastodon');
  await expect(mastodon.getByText('Scheduled', { exact: true })).toBeVisible();
  // Published from elsewhere, so that the page only learns of it by events.
  const [{ revision }, channel] = [await read(page, post), await channelOn(page, 'mastodon')];
  const headers = { 'if-match': `"r${revision}"` };
  const data = { schedule: { now: true }, channel };
  const moved = await page.request.post(`/v1/posts/${post.id}/schedule`, { headers, data });
  expect(moved.ok(), await moved.text()).toBe(true);
  await expect(mastodon.getByText('Published', { exact: true })).toBeVisible();
  await expect(page.getByText('Live on its channel.')).toBeVisible();
  await expect(mastodon.getByRole('link', { name: /View live post/ })).toBeVisible();
  await expect(mastodon.getByText('Confirmed by the platform')).toBeVisible();
  await expect(mastodon.getByText('likes')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: /^Published/ })).toBeVisible();
  await mastodon.getByText(/^Technical log \(\d+\)$/).click();
  await expect(mastodon.getByText('200', { exact: true })).toBeVisible();
  await mastodon.getByText('publish the post', { exact: true }).click();
  await expect(mastodon.getByText(/POST http/).first()).toBeVisible();
  await expect(mastodon.locator('pre').first()).toContainText('"');
  expect(await mastodon.textContent()).not.toMatch(/Bearer [A-Za-z0-9]/);
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('partial success is shown, and a failed channel shows the platform’s answer', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const post = await demoPost(page, 'partly_published', 'failed');
  await page.goto(`/posts/${post.id}`);
  await expect(page.getByText('Live on 4 of 5 channels.')).toBeVisible();
  await expect(
    card(page, 'X')
      .getByText(/refused it as a duplicate/)
      .first(),
  ).toBeVisible();
  await expect(card(page, 'X').getByText('Not live.')).toBeVisible();
  await page.getByRole('button', { name: 'Publish to remaining channel' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('Other channels don’t change.');
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('a post in doubt shows the evidence, and a person marks it as live', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const post = await demoPost(page, 'needs_you', 'needs_eyes');
  await page.goto(`/posts/${post.id}`);
  const doubt = card(page, 'X');
  await expect(doubt.getByText('It may be live. Only you can check.')).toBeVisible();
  await expect(doubt.getByText(/^Fanfare checked \d+ times; results$/)).toBeVisible();
  await expect(doubt.getByRole('link', { name: /^View lena on X/ })).toBeVisible();
  for (const said of [/Nothing more is sent/, /it will be there twice/, /It won’t be published/]) {
    await expect(doubt.getByText(said)).toBeVisible();
  }
  await expectAccessible(page);
  await expectNoOverflow(page);
  await doubt.getByText('It’s live', { exact: true }).click();
  await expect(doubt.getByRole('button', { name: 'Mark as live' })).toBeDisabled();
  const address = doubt.getByLabel('URL of the live post');
  await address.fill('https://x.example/lena/1');
  await doubt.getByRole('button', { name: 'Mark as live' }).click();
  await expect(doubt.getByText(/isn't the address of a post on X/)).toBeVisible();
  await expectAccessible(page);
  await address.fill(await postByHand(page.request, demo, `Found there: ${word()}`));
  await doubt.getByRole('button', { name: 'Mark as live' }).click();
  await expect(doubt.getByText('Published', { exact: true })).toBeVisible();
  await expect(page.getByText('Confirmed live by you')).toBeVisible();
});

test('a refused post is edited and published again without touching live channels', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const text = `The ${word()} sails at nine`;
  await make(page, text, ['x'], { now: true });
  const post = await make(page, text, ['x', 'bluesky'], { now: true });
  await page.goto(`/posts/${post.id}`);
  const refused = card(page, 'X');
  await expect(refused.getByText('Failed', { exact: true })).toBeVisible();
  await expect(card(page, 'Bluesky').getByText('Published', { exact: true })).toBeVisible();
  const before = (await read(page, post)).publications.find(({ state }) => state === 'published')?.url;
  await refused.getByText('Edit the text here, then publish').click();
  await refused.getByRole('textbox', { name: 'Text' }).fill(`${text}, and at ten`);
  await expectNoOverflow(page);
  await refused.getByRole('button', { name: 'Edit and publish' }).click();
  await expect(refused.getByText('Published', { exact: true })).toBeVisible();
  const after = await read(page, post);
  expect(after.publications.map(({ state }) => state)).toEqual(['published', 'published']);
  expect(after.publications.map(({ url }) => url)).toContain(before);
});

test('a post waiting for a paused channel is published when the channel is resumed', async ({ page, demo }) => {
  await signIn(page, demo);
  const channel = await channelOn(page, 'mastodon');
  const pause = await page.request.put(`/v1/channels/${channel}/pause`, { data: { reason: 'The server moves' } });
  expect(pause.ok()).toBe(true);
  try {
    const post = await make(page, `Held back: ${word()}`, ['mastodon'], { now: true });
    await page.goto(`/posts/${post.id}`);
    const held = card(page, 'Mastodon');
    await expect(held.getByText('On hold')).toBeVisible();
    await expect(held.getByText(/is paused. This post is published when the channel is resumed/)).toBeVisible();
    await expectAccessible(page);
    await held.getByRole('button', { name: 'Resume channel' }).click();
    await expect(held.getByText('Published', { exact: true })).toBeVisible();
  } finally {
    await page.request.delete(`/v1/channels/${channel}/pause`);
  }
});

test('one channel is rescheduled and another unscheduled', { tag: ['@layout', '@time'] }, async ({ page, demo }) => {
  await signIn(page, demo);
  const post = await make(page, `Two ways: ${word()}`, ['mastodon', 'bluesky'], { at: `${inDays(6)}T09:00:00Z` });
  await page.goto(`/posts/${post.id}`);
  await card(page, 'Mastodon').getByRole('button', { name: 'Reschedule' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reschedule post' });
  await dialog.getByLabel('Date').fill(inDays(8));
  await dialog.getByLabel('Time').fill('18:30');
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByRole('button', { name: 'Reschedule' }).click();
  await expect(dialog).toBeHidden();
  await card(page, 'Bluesky').getByRole('button', { name: 'Unschedule here' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Unschedule' }).click();
  await expect(card(page, 'Bluesky').getByText('Unscheduled', { exact: true })).toBeVisible();
  const [mastodon, bluesky] = [await channelOn(page, 'mastodon'), await channelOn(page, 'bluesky')];
  const { publications } = await read(page, post);
  expect(publications.find(({ channel }) => channel === mastodon)?.due_at).toBe(`${inDays(8)}T18:30:00Z`);
  expect(publications.find(({ channel }) => channel === bluesky)?.state).toBe('cancelled');
  await expect(page.getByRole('listitem').filter({ hasText: /^Moved to / })).toBeVisible();
});

test('a published post is edited on the platform and deleted there', async ({ page, demo }) => {
  await signIn(page, demo);
  const text = `Once more: ${word()}`;
  const post = await make(page, text, ['mastodon'], { now: true });
  await page.goto(`/posts/${post.id}`);
  const live = card(page, 'Mastodon');
  await expect(live.getByText('Published', { exact: true })).toBeVisible();
  await live.getByRole('button', { name: 'Edit published post' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit on Mastodon' });
  await dialog.getByLabel('Text').fill(`${text}, with a comma`);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save on Mastodon' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Edited on the platform')).toBeVisible();
  const { publications } = await read(page, post);
  expect(await (await page.request.get(publications[0]?.url ?? '')).text()).toContain('with a comma');
  await live.getByRole('button', { name: 'Delete on Mastodon' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete on Mastodon' }).click();
  await expect(live.getByText('Deleted on the platform', { exact: true })).toBeVisible();
  await expect(live.getByRole('link', { name: /View live post/ })).toBeHidden();
});

test('a post is duplicated as a draft, and a draft is deleted', { tag: ['@layout', '@time'] }, async ({
  page,
  demo,
}) => {
  await signIn(page, demo);
  const q = word();
  const post = await make(page, `Again: ${q}`, ['mastodon'], { at: `${inDays(5)}T09:00:00Z` });
  await page.goto(`/posts/${post.id}`);
  await page.getByRole('button', { name: 'Duplicate' }).click();
  await expect(page).toHaveURL(/\/compose\/post_/);
  await page.goto(`/posts?state=draft&q=${q}`);
  await page.getByRole('list', { name: 'Posts' }).getByRole('link').click();
  await expect(page.getByText('It won’t be published until you schedule it.')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete draft' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/posts$/);
  await page.goto(`/posts?state=draft&q=${q}`);
  await expect(page.getByRole('heading', { name: 'No matching posts' })).toBeVisible();
  expect((await read(page, post)).state).toBe('scheduled');
});

test('a whole post is unscheduled and stays in the list', { tag: '@time' }, async ({ page, demo }) => {
  await signIn(page, demo);
  const post = await make(page, `Off: ${word()}`, ['mastodon', 'x'], { at: `${inDays(5)}T10:00:00Z` });
  await page.goto(`/posts/${post.id}`);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Unschedule' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Unschedule' }).click();
  await expect(page.getByText('Unscheduled; it won’t be published.')).toBeVisible();
  expect((await read(page, post)).publications.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
});
