import type { Page } from '@playwright/test';

/** Things that the demo has not: what the server would answer is put between it and the page. */

const NAMES = [
  'Gemeentelijk Havenbedrijf Amsterdam-Noord, afdeling Communicatie',
  'Lena Vos',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'Ten corners',
];
const STATES = ['free', 'free', 'connected', 'elsewhere', 'other_account'];

/** A consent that gives thirty channels, of which some are taken: at `/channels?choose=connection_full`. */
export async function manyTargets(page: Page): Promise<void> {
  const targets = Array.from({ length: 30 }, (_, place) => ({
    key: `key${place}`,
    name: `${NAMES[place % NAMES.length]} ${place}`,
    handle: `page.${place}.the-old-harbour-photographers.example.org`,
    url: 'https://example.org/',
    state: STATES[place % STATES.length],
    connected_by: 'bob.with.a.long.name.example.org',
    ...(place % 2 ? { workspace: 'The Ten Corners Photography Collective' } : {}),
  }));
  await page.route('**/v1/connections/connection_full', (route) =>
    route.fulfill({ json: { state: 'choosing', platform: 'mastodon', targets } }),
  );
}

interface Post {
  publications: { state: string; reason?: string; detail?: string }[];
  standing: { attention: number };
}

/** Everything that is scheduled no longer fits the limits of its channel. What a crowd has made is left alone. */
export async function newLimits(page: Page): Promise<void> {
  await page.route(/\/v1\/posts\/post_(?!full|wide)[^/]+$/, async (route) => {
    const response = await route.fetch();
    if (!response.ok()) return route.fulfill({ response });
    const post = (await response.json()) as Post;
    const misfits = post.publications.filter(({ state }) => state === 'scheduled');
    for (const one of misfits)
      Object.assign(one, {
        reason: 'no_longer_fits',
        detail: 'The text has 512 characters; Bluesky allows 300. Shorten it by 212, or make it a thread.',
      });
    post.standing.attention = misfits.length;
    await route.fulfill({ response, json: post });
  });
}

/** The file of a post is a video that is being converted for its channels. */
export async function converting(page: Page): Promise<void> {
  await page.route(/\/v1\/media\/[^/]+\/renditions/, async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as { items: object[] };
    const items = body.items.map((one, place) => ({
      ...one,
      treatment: 'convert',
      mime: 'video/mp4',
      width: 1920,
      height: 1080,
      percent: place * 37,
      why: 'the channel doesn’t accept HEVC (it accepts H.264); 2160×3840 pixels is too large; scaled to 1080×1920',
    }));
    await route.fulfill({ response, json: { ...body, items } });
  });
}
