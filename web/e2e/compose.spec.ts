import { crc32, deflateSync } from 'node:zlib';
import type { Locator, Page } from '@playwright/test';
import { inDays, nextForward } from './harness/clock';
import { expect, expectAccessible, expectNoOverflow, isPhone, signIn, test } from './harness/test';

/** A small image for uploads. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mP4sF6XJMQwqmFUw/DVAABPX8wQ6lB9pAAAAABJRU5ErkJggg==',
  'base64',
);
const LONG = 'The ferry to the north bank leaves at nine every morning, and the crossing takes eleven minutes. '.repeat(
  4,
);

interface Publication {
  id: string;
  channel: string;
  state: string;
  due_at: string;
  local_time?: string;
  zone?: string;
}
interface Post {
  id: string;
  revision: number;
  state: string;
  parts: { kind: string; text: string; media?: { id: string; alt?: string }[]; poll?: { options: string[] } }[];
  variants: { channel: string; own: boolean; parts: { text: string }[]; options: Record<string, unknown> }[];
  publications: Publication[];
}
interface Channel {
  id: string;
  name: string;
  platform: string;
  /** Absent where no posts can be published. */
  limits?: object;
}

let count = 0;
/** A unique text. */
const words = (begin: string) => `${begin} ${Date.now()}-${process.pid}-${count++}`;

const text = (page: Page) => page.getByRole('textbox', { name: 'Text', exact: true });
const textOf = (page: Page, place: number, of: number) =>
  page.getByRole('textbox', { name: new RegExp(`^Text of Part ${place} of ${of}`) });
const saved = (page: Page) => expect(page.getByText('Saved', { exact: true })).toBeVisible();

async function begin(page: Page, demo: Parameters<typeof signIn>[1], path = '/compose'): Promise<void> {
  await signIn(page, demo);
  await page.goto(path);
  await expect(text(page)).toBeVisible();
  await everywhere(page);
}

const chips = (page: Page) => page.getByRole('toolbar', { name: 'Channels' }).getByRole('button');

/** Chooses all channels that take a text by itself: a new post begins with none, and Instagram takes none without a file. */
async function everywhere(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Choose', exact: true }).click();
  await page.getByRole('menuitem', { name: 'All channels' }).click();
  await page.getByRole('button', { name: /on Instagram$/ }).click();
}

async function channelsOf(page: Page): Promise<Channel[]> {
  return (await (await page.request.get('/v1/channels')).json()) as Channel[];
}

/** How many channels {@link everywhere} chooses. What takes messages to one person only is not among them. */
async function chosenOf(page: Page): Promise<number> {
  return (await channelsOf(page)).filter(({ platform, limits }) => limits && platform !== 'instagram').length;
}

async function channelOn(page: Page, platform: string): Promise<Channel> {
  const found = (await channelsOf(page)).find((channel) => channel.platform === platform);
  if (!found) throw new Error(`the demo has no channel on ${platform}`);
  return found;
}

async function idOf(page: Page): Promise<string> {
  await expect(page).toHaveURL(/\/compose\/post_\w+$/);
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

async function stored(page: Page, id?: string): Promise<Post> {
  return (await (await page.request.get(`/v1/posts/${id ?? (await idOf(page))}`)).json()) as Post;
}

/** The tab of a channel, by its platform's icon: two channels may have the same name. */
async function tabOf(page: Page, platform: string): Promise<Locator> {
  await expect(page.getByRole('tab')).toHaveCount((await chosenOf(page)) + 1);
  const names = { bluesky: 'Bluesky', mastodon: 'Mastodon' }[platform];
  const chosen = chips(page).and(page.locator('[aria-pressed=true]'));
  const places = await chosen.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  return page.getByRole('tab').nth(1 + places.findIndex((label) => label.endsWith(`on ${names}`)));
}

/** "Now" becomes an hour from now, so that what can be undone doesn't depend on how quickly the test gets there. */
async function withTimeToUndo(page: Page): Promise<void> {
  await page.route(/\/v1\/posts\/[^/]+\/schedule$/, async (route) => {
    const body = route.request().postDataJSON() as { schedule: { at?: string } };
    if (!body.schedule.at) return route.continue();
    const at = new Date(Date.parse(body.schedule.at) + 3_600_000).toISOString();
    return route.continue({ postData: JSON.stringify({ ...body, schedule: { at } }) });
  });
}

async function only(page: Page, platform: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('menuitem', { name: 'None' }).click();
  await page.getByRole('button', { name: new RegExp(`on ${platform}$`) }).click();
}

test('a post is published in three steps: open, type, publish', { tag: ['@layout', '@engine'] }, async ({
  page,
  demo,
}) => {
  const said = words('The first ferry is in');
  await signIn(page, demo);
  await page.goto('/start');
  await page.getByRole('link', { name: 'New post', exact: true }).click();
  await expect(text(page)).toBeFocused();
  await page.keyboard.type(said);
  await everywhere(page);
  const count = await chosenOf(page);
  await page.getByRole('button', { name: `Publish now · ${count} channels` }).click();
  await expect(page.getByRole('heading', { name: /^Publishing in \d+ seconds?$/ })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  // Threads takes ten seconds more than the others.
  await expect(page.getByRole('heading', { name: 'Published' })).toBeVisible({ timeout: 45_000 });
  const links = page.getByRole('link', { name: /Open post/ });
  await expect(links).toHaveCount(count);
  for (const link of await links.all()) {
    const there = await page.request.get((await link.getAttribute('href')) ?? '');
    expect(await there.text()).toContain(said);
  }
  await expectAccessible(page);
});

test('publishing can be undone until its time comes', async ({ page, demo }) => {
  const said = words('Taken back');
  await begin(page, demo);
  await withTimeToUndo(page);
  await text(page).fill(said);
  await page.getByRole('button', { name: 'Publish now' }).click();
  // Until then there is another "Undo" on the page, that of the text.
  await expect(page.getByRole('heading', { name: /^Publishing in/ })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Undone. Nothing was published.')).toBeVisible();
  await expect(text(page)).toHaveValue(said);
  expect((await stored(page)).state).toBe('cancelled');
  await text(page).fill(`${said}, and better`);
  await saved(page);
  await page.getByRole('button', { name: 'Schedule…' }).click();
  await page.getByRole('button', { name: /^Schedule for/ }).click();
  await expect(page.getByRole('heading', { name: 'Scheduled' })).toBeVisible();
});

test('publishing can be undone after leaving the page', async ({ page, demo }) => {
  await begin(page, demo);
  await withTimeToUndo(page);
  await text(page).fill(words('Left behind'));
  await page.getByRole('button', { name: 'Publish now' }).click();
  await expect(page.getByRole('heading', { name: /^Publishing in/ })).toBeVisible();
  const id = await idOf(page);
  await page.getByRole('link', { name: 'Calendar' }).click();
  const notice = page.getByRole('alertdialog').filter({ hasText: 'Publishing in a few seconds' });
  await notice.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Undone. Nothing was published.')).toBeVisible();
  expect((await stored(page, id)).state).toBe('cancelled');
});

test('a channel uses the shared text until it is customized, and can return to it', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  const said = words('For everybody');
  await begin(page, demo);
  await text(page).fill(said);
  const tab = await tabOf(page, 'mastodon');
  await tab.click();
  await expect(text(page)).toHaveValue(said);
  await expect(tab).not.toContainText('customized');
  await text(page).fill(`${said}, there only`);
  await expect(tab).toContainText('customized');
  await saved(page);
  await expectAccessible(page);
  await expectNoOverflow(page);
  const { id } = await channelOn(page, 'mastodon');
  const own = async () => (await stored(page)).variants.find(({ channel }) => channel === id);
  expect((await own())?.parts[0]?.text).toBe(`${said}, there only`);
  await page.getByRole('tab', { name: 'All channels' }).click();
  await expect(text(page)).toHaveValue(said);
  await tab.click();
  await page.getByRole('button', { name: 'Use shared text' }).click();
  await expect(text(page)).toHaveValue(said);
  await expect(tab).not.toContainText('customized');
  await expect.poll(async () => (await own())?.own).toBe(false);
  await page.getByRole('alertdialog').getByRole('button', { name: 'Undo' }).click();
  await expect(text(page)).toHaveValue(`${said}, there only`);
});

test('a text that is too long is marked and can be shortened for that channel only', async ({ page, demo }) => {
  const said = `${words('Long')} ${LONG}`;
  await begin(page, demo);
  await text(page).fill(said);
  const issue = page.getByRole('listitem').filter({ hasText: 'allows 300' });
  await expect(issue).toBeVisible();
  await expect(page.getByRole('group', { name: /^Part 1 of/ }).locator('mark')).not.toBeEmpty();
  await expect(page.getByRole('article', { name: /on Bluesky$/ }).locator('mark')).not.toBeEmpty();
  const tab = await tabOf(page, 'bluesky');
  await expect(tab).toContainText('has a problem');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Publish now' }).click();
  await expect(page.getByText(/Fix the problems for/)).toBeVisible();
  await issue.getByRole('button', { name: /^Shorten on .* only$/ }).click();
  await expect(tab).toHaveAttribute('aria-selected', 'true');
  await expect(tab).toContainText('customized');
  await expect(tab).not.toContainText('has a problem');
  expect((await text(page).inputValue()).length).toBeLessThanOrEqual(300);
  await page.getByRole('tab', { name: 'All channels' }).click();
  await expect(text(page)).toHaveValue(said);
});

test('a text that is too long becomes a thread on that channel', { tag: '@layout' }, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(`${words('Thread')} ${LONG}`);
  await page.getByRole('button', { name: /^Turn into a thread on/ }).click();
  await expect(textOf(page, 2, 2)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'allows 300' })).toHaveCount(0);
  await saved(page);
  const { id } = await channelOn(page, 'bluesky');
  const { variants } = await stored(page);
  expect(variants.find(({ channel }) => channel === id)?.parts).toHaveLength(2);
  await expectAccessible(page);
  await expectNoOverflow(page);
});

test('parts are added, moved, merged and deleted by their buttons', async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill('one');
  await page.getByRole('button', { name: 'Add to thread' }).click();
  await expect(textOf(page, 2, 2)).toBeFocused();
  await page.keyboard.type('two');
  await page.getByRole('button', { name: 'Add a first comment' }).click();
  await page.keyboard.type('three');
  await page.getByRole('button', { name: 'Move part 2 up' }).click();
  await expect(textOf(page, 1, 3)).toHaveValue('two');
  await expect(textOf(page, 3, 3)).toHaveValue('three');
  await saved(page);
  expect((await stored(page)).parts.map(({ kind, text: said }) => `${kind} ${said}`)).toEqual([
    'post two',
    'post one',
    'comment three',
  ]);
  await page.getByRole('button', { name: 'Merge part 2 into the one above' }).click();
  await expect(textOf(page, 1, 2)).toHaveValue('two\n\none');
  await page.getByRole('button', { name: 'Delete part 2' }).click();
  await expect(text(page)).toHaveValue('two\n\none');
});

test('files are uploaded, described and put in order', { tag: ['@layout', '@engine'] }, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('With pictures'));
  const files = ['first.png', 'second.png'].map((name) => ({ name, mimeType: 'image/png', buffer: PICTURE }));
  await page.locator('input[type=file]').setInputFiles(files);
  const describing = page.getByRole('button', { name: /^Add alt text to file \d/ });
  await expect(describing).toHaveCount(2);
  await expectAccessible(page);
  await describing.first().click();
  const dialog = page.getByRole('dialog', { name: 'Alt text' });
  await dialog.getByLabel('Describe it for people who can’t see it').fill('A lit window');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Alt text of file 1: A lit window' })).toBeVisible();
  await page.getByRole('button', { name: 'File 1: more' }).click();
  await page.getByRole('menuitem', { name: 'Move later' }).click();
  await expect(page.getByRole('button', { name: 'Alt text of file 2: A lit window' })).toBeVisible();
  await saved(page);
  expect((await stored(page)).parts[0]?.media?.map(({ alt }) => alt)).toEqual([undefined, 'A lit window']);
  await page.getByRole('button', { name: 'File 2: more' }).click();
  await page.getByRole('menuitem', { name: 'How each channel gets it' }).click();
  const forms = page.getByRole('dialog', { name: 'How each channel gets it' });
  await expect(forms.getByRole('listitem')).toHaveCount(await chosenOf(page));
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expectNoOverflow(page);
});

test('images can be pasted and dropped, and other files are refused with a reason', async ({ page, demo }) => {
  await begin(page, demo);
  const give = (type: 'paste' | 'drop', name: string, mime: string, base64: string) =>
    text(page).evaluate(
      (field, given) => {
        const bytes = Uint8Array.from(atob(given.base64), (letter) => letter.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], given.name, { type: given.mime }));
        const about = { bubbles: true, cancelable: true };
        field.dispatchEvent(
          given.type === 'drop'
            ? new DragEvent('drop', { ...about, dataTransfer: data })
            : new ClipboardEvent('paste', { ...about, clipboardData: data }),
        );
      },
      { type, name, mime, base64 },
    );
  await give('paste', 'pasted.png', 'image/png', PICTURE.toString('base64'));
  await expect(page.getByRole('button', { name: /^Add alt text to file 1/ })).toBeVisible();
  await give('drop', 'dropped.png', 'image/png', PICTURE.toString('base64'));
  await expect(page.getByRole('button', { name: /^Add alt text to file 2/ })).toBeVisible();
  await give('drop', 'notes.txt', 'text/plain', Buffer.from('no picture').toString('base64'));
  await expect(page.getByRole('button', { name: 'Retry' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Publish now' }).click();
  await expect(page.getByText('A file couldn’t be uploaded. Retry or remove it.')).toBeVisible();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Retry' })).toHaveCount(0);
});

/** An uncompressed image, large enough to be uploaded in pieces. */
function largePicture(): Buffer {
  const [width, height] = [1_700, 1_700];
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width * 3 + 1) * height), { level: 0 });
  const begin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([begin, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

test('a large file is uploaded in pieces and continues after a failure', async ({ page, demo, complaints }) => {
  await begin(page, demo);
  const pieces: string[] = [];
  await page.route('**/v1/uploads/*', async (route) => {
    const request = route.request();
    if (request.method() === 'PATCH') pieces.push(request.headers()['upload-offset'] ?? '');
    if (pieces.length === 2 && request.method() === 'PATCH') {
      return route.fulfill({ status: 503, json: { type: '/problems/unavailable', status: 503 } });
    }
    return route.continue();
  });
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: largePicture() });
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('button', { name: /^Add alt text to file 1/ })).toBeVisible({ timeout: 30_000 });
  expect(pieces).toEqual(['0', '4194304', '4194304', '8388608']);
  // The browser itself writes that a request was refused.
  complaints.length = 0;
});

test('files can be added from the library', async ({ page, demo }) => {
  await begin(page, demo);
  await page.getByRole('button', { name: 'Add images or video' }).click();
  await page.getByRole('menuitem', { name: 'From the library' }).click();
  const library = page.getByRole('dialog', { name: 'Library' });
  await library.getByRole('row').first().click();
  await library.getByRole('row').nth(1).click();
  await expectAccessible(page);
  await library.getByRole('button', { name: 'Add 2 files' }).click();
  await expect(page.getByRole('button', { name: 'File 2: more' })).toBeVisible();
  await saved(page);
  expect((await stored(page)).parts[0]?.media).toHaveLength(2);
});

test('a platform’s options are shown and saved for the channel', { tag: '@layout' }, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('With options'));
  await (await tabOf(page, 'mastodon')).click();
  await page.getByRole('button', { name: 'Mastodon options' }).click();
  await page.getByLabel('Content warning').fill('Ferries');
  await page.getByText('Hide media until opened').click();
  await page.getByRole('radiogroup', { name: 'Who can see it' }).getByText('Quiet public').click();
  await page.getByLabel('Language').fill('not a language');
  await expect(page.getByText('Has a problem', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByLabel('Language').fill('en');
  await expect(page.getByText('Has a problem', { exact: true })).toHaveCount(0);
  const { id } = await channelOn(page, 'mastodon');
  const options = async () => (await stored(page)).variants.find(({ channel }) => channel === id)?.options;
  await expect
    .poll(options)
    .toEqual({ spoiler_text: 'Ferries', sensitive: true, visibility: 'unlisted', language: 'en' });
});

test('a poll is removed for a platform without polls', async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('Which walk next'));
  await page.getByRole('button', { name: 'Add a poll' }).click();
  await expect(page.getByLabel('Answer 1', { exact: true })).toBeFocused();
  await page.getByLabel('Answer 1', { exact: true }).fill('North bank');
  await page.getByLabel('Answer 2', { exact: true }).fill('South bank');
  const refusal = page.getByRole('listitem').filter({ hasText: 'Bluesky' });
  await refusal.getByRole('button', { name: /^Remove it on/ }).click();
  await expect(await tabOf(page, 'bluesky')).toContainText('customized');
  await expect(page.getByLabel('Answer 1', { exact: true })).toHaveCount(0);
  await page.getByRole('tab', { name: 'All channels' }).click();
  await expect(page.getByLabel('Answer 1', { exact: true })).toHaveValue('North bank');
  await saved(page);
  expect((await stored(page)).parts[0]?.poll?.options).toEqual(['North bank', 'South bank']);
  await expectAccessible(page);
});

test('typed text survives a reload, saved or not', async ({ page, demo }) => {
  const said = words('Kept');
  await begin(page, demo);
  await text(page).fill(said);
  await saved(page);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Draft' })).toBeVisible();
  await expect(text(page)).toHaveValue(said);
  const id = await idOf(page);
  await page.route(`**/v1/posts/${id}`, (route) =>
    route.request().method() === 'PATCH' ? undefined : route.continue(),
  );
  await text(page).fill(`${said}, and more`);
  await expect(page.getByText('Saving…')).toBeVisible();
  await page.reload();
  await expect(text(page)).toHaveValue(`${said}, and more`);
  await expect(page.getByText('Unsaved changes from last time were restored')).toBeVisible();
  await page.unroute(`**/v1/posts/${id}`);
  await text(page).fill(`${said}, and more, and stored`);
  await expect.poll(async () => (await stored(page, id)).parts[0]?.text).toBe(`${said}, and more, and stored`);
});

test('leaving while typing keeps the text as one draft', async ({ page, demo }) => {
  const said = words('In the middle');
  await begin(page, demo);
  await text(page).pressSequentially(said);
  await page.getByRole('link', { name: 'Calendar' }).click();
  await expect(page).toHaveURL(/\/calendar/);
  const found = async () => {
    const answer = await page.request.get(`/v1/posts?state=draft&q=${encodeURIComponent(said)}`);
    return ((await answer.json()) as { items: Post[] }).items.length;
  };
  await expect.poll(found).toBe(1);
  await page.getByRole('link', { name: 'New post', exact: true }).click();
  await expect(text(page)).toHaveValue('');
  expect(await found()).toBe(1);
});

test('deleting a draft asks for confirmation', async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('Not meant'));
  await saved(page);
  const id = await idOf(page);
  await page.getByRole('button', { name: 'Delete post' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Delete this post?' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page).toHaveURL(/\/compose$/);
  await expect(text(page)).toHaveValue('');
  expect((await page.request.get(`/v1/posts/${id}`)).status()).toBe(404);
});

test('offline, it says so, and saves and publishes when the connection is back', async ({ page, demo, complaints }) => {
  const said = words('Offline');
  await begin(page, demo);
  await text(page).fill(said);
  await saved(page);
  await page.context().setOffline(true);
  await text(page).fill(`${said}, on a train`);
  await expect(page.getByText('Offline: saved on this device only')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Publish now/ }).click();
  await expect(page.getByText(/^You’re offline. Nothing is published yet/)).toBeVisible();
  await expectAccessible(page);
  await page.context().setOffline(false);
  await expect(page.getByRole('heading', { name: /^Publishing in/ })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(text(page)).toHaveValue(`${said}, on a train`);
  expect((await stored(page)).parts[0]?.text).toBe(`${said}, on a train`);
  expect((await stored(page)).publications).toHaveLength(await chosenOf(page));
  // The browser itself writes that it is offline.
  expect(complaints.filter((line) => !line.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
  complaints.length = 0;
});

/** Someone else saves another text just before the page saves its own. */
async function disturb(page: Page, theirs: string): Promise<string> {
  const id = await idOf(page);
  let isDone = false;
  await page.route(`**/v1/posts/${id}`, async (route) => {
    if (route.request().method() === 'PATCH' && !isDone) {
      isDone = true;
      const { revision } = await stored(page, id);
      const headers = { 'if-match': `"r${revision}"` };
      const data = { parts: [{ text: theirs }] };
      expect((await page.request.patch(`/v1/posts/${id}`, { headers, data })).status()).toBe(200);
    }
    await route.continue();
  });
  return id;
}

test('when someone else changed the post, both versions are shown and mine can be kept', { tag: '@layout' }, async ({
  page,
  demo,
}) => {
  const said = words('Mine');
  await begin(page, demo);
  await text(page).fill(said);
  await saved(page);
  const id = await disturb(page, `${said}, theirs`);
  await text(page).fill(`${said}, mine`);
  const dialog = page.getByRole('alertdialog', { name: 'Someone else changed this post' });
  await expect(dialog.getByText(`${said}, theirs`)).toBeVisible();
  await expect(dialog.getByText(`${said}, mine`)).toBeVisible();
  expect((await stored(page, id)).parts[0]?.text).toBe(`${said}, theirs`);
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await saved(page);
  expect((await stored(page, id)).parts[0]?.text).toBe(`${said}, mine`);
});

test('when someone else changed the post, theirs or both can be kept', { tag: '@engine' }, async ({ page, demo }) => {
  const said = words('Both');
  await begin(page, demo);
  await text(page).fill(said);
  await saved(page);
  const id = await disturb(page, `${said}, theirs`);
  await text(page).fill(`${said}, mine`);
  await page.getByRole('button', { name: 'Keep both' }).click();
  await expect(page).not.toHaveURL(new RegExp(id));
  await saved(page);
  expect((await stored(page)).parts[0]?.text).toBe(`${said}, mine`);
  expect((await stored(page, id)).parts[0]?.text).toBe(`${said}, theirs`);
  await disturb(page, `${said}, theirs again`);
  await text(page).fill(`${said}, mine again`);
  await page.getByRole('button', { name: 'Use saved version' }).click();
  await expect(text(page)).toHaveValue(`${said}, theirs again`);
});

test('changes by someone else appear immediately if nothing was typed', async ({ page, demo }) => {
  const said = words('Watched');
  const stream = page.waitForResponse(/\/v1\/events\/stream/);
  await begin(page, demo);
  await stream;
  await text(page).fill(said);
  await saved(page);
  const { id, revision } = await stored(page);
  const data = { parts: [{ text: `${said}, from elsewhere` }] };
  await page.request.patch(`/v1/posts/${id}`, { headers: { 'if-match': `"r${revision}"` }, data });
  await expect(text(page)).toHaveValue(`${said}, from elsewhere`);
});

test('a post is scheduled in a time zone, and a time that does not exist is explained', {
  tag: ['@layout', '@time'],
}, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('At a time'));
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  const zone = dialog.getByRole('combobox', { name: 'Time zone' });
  await zone.fill('Amsterdam');
  await expect(page.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(zone).toHaveValue('Amsterdam, Europe');
  const day = nextForward('Europe/Amsterdam');
  await dialog.getByLabel('Day').fill(day);
  await dialog.getByLabel('Time', { exact: true }).fill('02:30');
  await expect(dialog.getByText('02:30 doesn’t exist on that day in Amsterdam')).toBeVisible();
  await expect(dialog.getByRole('button', { name: /^Schedule/ })).toBeDisabled();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Use 03:00' }).click();
  await expect(dialog.getByText('Clocks go forward on that day in Amsterdam.')).toBeVisible();
  await expectNoOverflow(page);
  await dialog.getByRole('button', { name: /^Schedule for .*03:00 Amsterdam · \d channels$/ }).click();
  await expect(page.getByRole('heading', { name: 'Scheduled' })).toBeVisible();
  const { publications } = await stored(page);
  expect(new Set(publications.map(({ due_at, zone }) => `${due_at} ${zone}`))).toEqual(
    new Set([`${day}T01:00:00Z Europe/Amsterdam`]),
  );
});

test('a past time cannot be chosen', { tag: '@time' }, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('Too late'));
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  await dialog.getByLabel('Day').fill('2020-01-01');
  await expect(dialog.getByText('That time has passed. Choose a later one.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Schedule', exact: true })).toBeDisabled();
});

test('the next free slot of each channel is shown before scheduling and used', { tag: ['@time', '@engine'] }, async ({
  page,
  demo,
}) => {
  await begin(page, demo);
  await text(page).fill(words('In a slot'));
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  await dialog.getByText('In the next free slot').click();
  const told = dialog.getByRole('list', { name: 'Next free slots' }).getByRole('listitem');
  await expect(told.filter({ hasText: /\d\d:\d\d/ })).toHaveCount(await chosenOf(page));
  const times = (await told.allTextContents()).map((line) => /\w{3} \d+ \w+, \d\d:\d\d/.exec(line)?.[0]).sort();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: /^Schedule in the next free slots · \d channels$/ }).click();
  await expect(page.getByRole('heading', { name: 'Scheduled' })).toBeVisible();
  const shown = await page.getByRole('list', { name: 'Result per channel' }).getByRole('listitem').allTextContents();
  expect(shown.map((line) => /\w{3} \d+ \w+, \d\d:\d\d/.exec(line)?.[0]).sort()).toEqual(times);
});

test('each channel can have its own time', { tag: ['@layout', '@time'] }, async ({ page, demo }) => {
  await begin(page, demo);
  await text(page).fill(words('Each its own'));
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  await dialog.getByText('Different time per channel').click();
  const days = dialog.getByLabel('Day');
  await expect(days).toHaveCount(await chosenOf(page));
  for (const [place, day] of (await days.all()).entries()) await day.fill(inDays(200 + place));
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByRole('button', { name: /^Schedule at these times · \d channels$/ }).click();
  await expect(page.getByRole('heading', { name: 'Scheduled' })).toBeVisible();
  const link = await page.getByRole('link', { name: 'View post' }).getAttribute('href');
  const { publications } = await stored(page, link?.split('/').at(-1) ?? '');
  expect(publications.map(({ due_at }) => due_at.slice(0, 10)).sort()).toEqual(
    Array.from({ length: await chosenOf(page) }, (_, place) => inDays(200 + place)),
  );
});

test('a post can be repeated, and the repetition always ends', { tag: ['@layout', '@time'] }, async ({
  page,
  demo,
}) => {
  await begin(page, demo);
  await only(page, 'Mastodon');
  await text(page).fill(words('Every second week'));
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  await dialog.getByLabel('Day').fill(inDays(200));
  await dialog.getByText('Repeat').click();
  await dialog.getByRole('spinbutton', { name: 'Every' }).fill('2');
  await dialog.getByRole('spinbutton', { name: 'Times' }).fill('3');
  await expectAccessible(page);
  await expectNoOverflow(page);
  await dialog.getByRole('button', { name: /^Schedule 3 posts, every 2 weeks on \w+ at .* · 1 channel$/ }).click();
  await expect(page.getByText('and 2 more')).toBeVisible();
  const link = await page.getByRole('link', { name: 'View post' }).getAttribute('href');
  const { publications } = await stored(page, link?.split('/').at(-1) ?? '');
  expect(publications.map(({ due_at }) => due_at.slice(0, 10)).sort()).toEqual([200, 214, 228].map(inDays));
});

test('a scheduled post changes only when saved, and can be rescheduled', {
  tag: ['@layout', '@time'],
}, async ({ page, demo }) => {
  const said = words('Scheduled');
  await signIn(page, demo);
  const { id: channel } = await channelOn(page, 'mastodon');
  const schedule = { local: `${inDays(150)}T09:00`, zone: 'Etc/UTC' };
  const made = await page.request.post('/v1/posts', { data: { text: said, channels: [{ channel }], schedule } });
  const { id } = (await made.json()) as Post;
  await page.goto(`/compose/${id}`);
  await expect(page.getByRole('heading', { name: 'Scheduled post' })).toBeVisible();
  await text(page).fill(`${said}, changed`);
  await expect(page.getByText('Unsaved changes')).toBeVisible();
  expect((await stored(page, id)).parts[0]?.text).toBe(said);
  await page.getByRole('link', { name: 'Calendar' }).click();
  const leaving = page.getByRole('alertdialog', { name: 'Leave without saving?' });
  await expectAccessible(page);
  await leaving.getByRole('button', { name: 'Keep editing' }).click();
  await page.getByRole('button', { name: /^Save for .* · 1 channel$/ }).click();
  await saved(page);
  expect((await stored(page, id)).parts[0]?.text).toBe(`${said}, changed`);
  await expectAccessible(page);
  await expectNoOverflow(page);
  await page.getByRole('button', { name: 'Change time…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reschedule' });
  await expect(dialog.getByLabel('Day')).toHaveValue(inDays(150));
  await dialog.getByLabel('Day').fill(inDays(151));
  await dialog.getByRole('button', { name: /^Save for/ }).click();
  await expect(page.getByText('Rescheduled')).toBeVisible();
  expect((await stored(page, id)).publications[0]?.due_at.slice(0, 10)).toBe(inDays(151));
  await page.getByRole('button', { name: /on X$/ }).click();
  await page.getByRole('button', { name: /^Save for .* · 2 channels$/ }).click();
  await saved(page);
  const due = (await stored(page, id)).publications.map(({ due_at }) => due_at.slice(0, 10));
  expect(due).toEqual([inDays(151), inDays(151)]);
});

test('a free slot keeps its time and its channel', { tag: '@time' }, async ({ page, demo }) => {
  await signIn(page, demo);
  const { id: channel } = await channelOn(page, 'x');
  await page.goto(`/compose?at=${inDays(120)}T09:00&channel=${channel}`);
  await expect(page.getByText('Posting to 1 of 7 channels')).toBeVisible();
  await text(page).fill(words('In its slot'));
  await page.getByRole('button', { name: /^Schedule for .*09:00 · 1 channel$/ }).click();
  await expect(page.getByRole('heading', { name: 'Scheduled' })).toBeVisible();
  const { publications } = await stored(page);
  expect(publications.map((one) => `${one.channel} ${one.local_time?.slice(0, 16)}`)).toEqual([
    `${channel} ${inDays(120)}T09:00`,
  ]);
});

test('chosen channels are remembered, and choosing none is explained', async ({ page, demo }) => {
  await begin(page, demo);
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('menuitem', { name: 'None' }).click();
  await text(page).fill(words('For whom'));
  await page.getByRole('button', { name: 'Publish now' }).click();
  await expect(page.getByText('Choose at least one channel.')).toBeVisible();
  await page.getByRole('button', { name: /on Mastodon$/ }).click();
  await expect(page.getByText('Posting to 1 of 7 channels')).toBeVisible();
  await expect(page.getByRole('tab')).toHaveCount(0);
  await saved(page);
  const { id: channel } = await channelOn(page, 'mastodon');
  await expect.poll(async () => (await stored(page)).variants.map((variant) => variant.channel)).toEqual([channel]);
  await page.goto('/compose');
  await expect(page.getByText('Posting to 1 of 7 channels')).toBeVisible();
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('menuitem', { name: 'All channels' }).click();
  await expect(page.getByText('Posting to 7 of 7 channels')).toBeVisible();
});

test('a paused channel says why it doesn’t publish', { tag: '@layout' }, async ({ page, demo }) => {
  await signIn(page, demo);
  const { id } = await channelOn(page, 'mastodon');
  expect((await page.request.put(`/v1/channels/${id}/pause`, { data: { reason: 'A quiet week' } })).ok()).toBe(true);
  try {
    await page.goto('/compose');
    await page.getByRole('button', { name: 'Choose' }).click();
    await page.getByRole('menuitem', { name: 'All channels' }).click();
    await expect(page.getByText(/is paused. The post waits until the channel is resumed. A quiet week/)).toBeVisible();
    await expectAccessible(page);
    await expectNoOverflow(page);
  } finally {
    await page.request.delete(`/v1/channels/${id}/pause`);
  }
});

test('a live post can’t be edited in the composer, only duplicated', async ({ page, demo }) => {
  await signIn(page, demo);
  const said = words('Live already');
  const channels = [{ channel: (await channelOn(page, 'mastodon')).id }];
  const data = { text: said, channels, schedule: { now: true } };
  const answer = await page.request.post('/v1/posts', { data });
  expect(answer.status(), await answer.text()).toBe(201);
  const { id } = (await answer.json()) as Post;
  await expect.poll(async () => (await stored(page, id)).state, { timeout: 30_000 }).toBe('published');
  await page.goto(`/compose/${id}`);
  await expect(page.getByRole('heading', { name: 'This post can’t be edited' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Duplicate' }).click();
  await expect(text(page)).toHaveValue(said);
  await saved(page);
  expect(await idOf(page)).not.toBe(id);
});

test('a person who may not write sees which permission is missing', async ({ page, demo }) => {
  await signIn(page, demo);
  await page.route('**/v1/me', async (route) => {
    const answer = await route.fetch();
    const me = (await answer.json()) as { workspaces: { permissions: string[] }[] };
    for (const workspace of me.workspaces) workspace.permissions = ['posts:read', 'channels:read', 'media:read'];
    await route.fulfill({ response: answer, json: me });
  });
  await page.goto('/compose');
  await expect(page.getByRole('heading', { name: 'Your role doesn’t allow this' })).toBeVisible();
  await expect(page.getByText('posts:write')).toBeVisible();
  await expectAccessible(page);
});

test('a failed load can be retried', async ({ page, demo, complaints }) => {
  await signIn(page, demo);
  let isBroken = true;
  await page.route('**/v1/channels', (route) =>
    isBroken ? route.fulfill({ status: 503, json: { type: '/problems/unavailable', status: 503 } }) : route.continue(),
  );
  await page.goto('/compose');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  isBroken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(text(page)).toBeVisible();
  complaints.length = 0;
});

test('the preview follows the text, behind a switch on a phone', { tag: '@layout' }, async ({ page, demo }) => {
  await begin(page, demo);
  const said = words('Preview');
  await text(page).fill(`${said} https://example.org/a/long/address/of/a/page #harbour`);
  if (isPhone(page)) await page.getByRole('button', { name: 'Preview' }).click();
  const cards = page.getByRole('complementary', { name: 'Preview' }).getByRole('article');
  await expect(cards).toHaveCount(await chosenOf(page));
  await expect(cards.first()).toContainText(said);
  await expect(cards.first().getByText('#harbour')).toBeVisible();
  await expectAccessible(page);
  await expectNoOverflow(page);
  if (isPhone(page)) await page.getByRole('button', { name: 'Back to writing' }).click();
  await (await tabOf(page, 'bluesky')).click();
  if (isPhone(page)) await page.getByRole('button', { name: 'Preview' }).click();
  await expect(cards).toHaveCount(1);
});

test('everything works by keyboard alone', { tag: '@desk' }, async ({ page, demo }) => {
  // A phone has no keys.
  const said = words('By hand');
  await signIn(page, demo);
  await page.goto('/calendar');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('c');
  await expect(text(page)).toBeFocused();
  await page.keyboard.type(`${said} one two`);
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+Shift+Enter');
  await expect(textOf(page, 2, 2)).toBeFocused();
  await expect(textOf(page, 2, 2)).toHaveValue('two');
  await page.keyboard.press('Alt+ArrowUp');
  await expect(textOf(page, 1, 2)).toHaveValue('two');
  await expect(textOf(page, 1, 2)).toBeFocused();
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('Backspace');
  await expect(text(page)).toHaveValue(`${said} one\n\ntwo`);
  await page.keyboard.press('Control+z');
  await expect(textOf(page, 2, 2)).toHaveValue('two');
  await page.keyboard.press('Control+Shift+Z');
  await expect(text(page)).toHaveValue(`${said} one\n\ntwo`);
  await page.getByRole('button', { name: 'Choose', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'All channels' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /on Instagram$/ }).focus();
  await page.keyboard.press('Space');
  await expect(page.getByRole('tab').nth(1)).toBeVisible();
  await page.keyboard.press('Alt+Digit2');
  await expect(page.getByRole('tab').nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(text(page)).toBeFocused();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' there');
  await expect(page.getByRole('tab').nth(1)).toContainText('customized');
  await page.keyboard.press('Alt+Digit1');
  await expect(text(page)).toHaveValue(`${said} one\n\ntwo`);
  await page.keyboard.press('Control+Shift+S');
  const dialog = page.getByRole('dialog', { name: 'Schedule post' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { name: /^Publishing in/ })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(text(page)).toHaveValue(`${said} one\n\ntwo`);
});

test('the shortcut list shows the composer’s keys', { tag: '@desk' }, async ({ page, demo }) => {
  // A phone has no keys.
  await begin(page, demo);
  await page.getByRole('button', { name: 'Publish now' }).focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet.getByText('Split part here')).toBeVisible();
  await expect(sheet.getByText('Publish now, or save a scheduled post')).toBeVisible();
});
