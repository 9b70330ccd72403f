import type { Page, Route } from '@playwright/test';
import { DAY_MS, inDays } from './clock';

/**
 * A workspace that is full: thirty channels with long names, thirty posts a day, a draft of 25,000 letters. It is made from
 * what the server answers, between it and the page: no server has to live through it, and the page cannot tell.
 */
const CHANNELS = 30;
const POSTS_A_DAY = 30;
const LETTERS = 25_000;

type Json = Record<string, unknown>;
interface Channel extends Json {
  id: string;
  name: string;
}

const NAMES = [
  'Gemeentelijk Havenbedrijf Amsterdam-Noord, afdeling Communicatie',
  'Lena Vos',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'The Ten Corners Photography Collective of the Old Harbour',
  'مصوّرة الميناء القديم',
  'Ten corners',
];
const LONG =
  'The lock keeper told me that the coal quay floods twice a year, and that nobody ever photographs it from the water. ';
const STATES = ['published', 'scheduled', 'needs_eyes', 'failed', 'parked', 'scheduled', 'published'];

const pick = <T>(all: readonly T[], place: number): T => all[place % all.length] as T;
const copyOf = (id: string, place: number) => `${id.slice(0, -2)}${String(place).padStart(2, '0')}`;

async function answered(route: Route, change: (body: Json) => unknown): Promise<void> {
  const response = await route.fetch();
  if (!response.ok()) return route.fulfill({ response });
  await route.fulfill({ response, json: change((await response.json()) as Json) });
}

/** From now on the app is in this language. */
export async function speak(page: Page, language: string): Promise<void> {
  await page.route('**/v1/me', (route) =>
    route.request().method() === 'GET' ? answered(route, (me) => ({ ...me, language })) : route.continue(),
  );
}

/** From now on the page sees the crowd, in this language. */
export async function crowd(page: Page, language: string): Promise<void> {
  const source = (await (await page.request.get('/v1/channels')).json()) as Channel[];
  const channels = Array.from({ length: CHANNELS }, (_, place): Channel => {
    const one = pick(source, place);
    if (place < source.length) return one;
    const id = copyOf(one.id, place);
    const state = pick(['active', 'active', 'paused', 'needs_reconnect'], place);
    const handle = `${String(one.handle).slice(0, 4)}.${place}.the-old-harbour-photographers.example.org`;
    return { ...one, id, name: pick(NAMES, place), handle, state };
  });
  const isMade = (id: string) => !source.some((one) => one.id === id);
  await speak(page, language);
  await page.route('**/v1/channels', (route) => route.fulfill({ json: channels }));
  await page.route(/\/v1\/channels\/[^/]+\/slots$/, (route) => {
    const id = new URL(route.request().url()).pathname.split('/')[3] ?? '';
    if (!isMade(id)) return route.continue();
    const times = ['09:00', '09:30', '14:30', '18:00'];
    const week = [0, 1, 2, 3, 4, 5, 6].flatMap((weekday) => times.map((time) => ({ weekday, time, zone: 'Etc/UTC' })));
    return route.fulfill({ json: week });
  });
  await page.route(/\/v1\/calendar\?/, (route) =>
    answered(route, (body) => ({ ...body, items: [...(body.items as Json[]), ...busyDays(channels)] })),
  );
  await page.route(/\/v1\/posts\?/, (route) =>
    answered(route, (body) => ({ ...body, items: (body.items as Json[]).map(wordy(channels)) })),
  );
  await page.route(/\/v1\/members(\?|$)/, (route) =>
    answered(route, (body) => ({ ...body, items: (body.items as Json[]).concat(people(body.items as Json[])) })),
  );
  await page.route(/\/v1\/posts\/post_full(\?|$)/, (route) =>
    route.fulfill({ json: fullDraft(channels), headers: { etag: '"r1"' } }),
  );
  await page.route(/\/v1\/posts\/post_wide(\?|$)/, (route) =>
    route.fulfill({ json: widePost(channels), headers: { etag: '"r1"' } }),
  );
  await page.route(/\/v1\/publications\/pub_wide\d+\//, (route) =>
    route.fulfill({ json: { publication: {}, next: '', story: [], items: [], metrics: {} } }),
  );
  for (const path of ['validate', 'read']) {
    await page.route(new RegExp(`/v1/posts/${path}`), (route) => judged(route, channels, source));
  }
}

/** Today and tomorrow have every half hour taken, some twice and by several channels. */
function busyDays(channels: Channel[]): Json[] {
  return [0, 1].flatMap((day) =>
    Array.from({ length: POSTS_A_DAY }, (_, place): Json[] => {
      const at = Date.parse(`${inDays(day)}T00:00:00Z`) + (place % 24) * 1_800_000 + 8 * 3_600_000;
      const due_at = new Date(Math.min(at, Date.parse(`${inDays(day)}T23:45:00Z`))).toISOString();
      const id = `post_0${day}crowd${String(place).padStart(3, '0')}`;
      return channels.slice(place % 7, (place % 7) + 1 + (place % 4)).map((channel) => ({
        publication: `pub_${id}_${channel.id}`,
        post: id,
        made_by: 'person_gone',
        channel: channel.id,
        due_at,
        state: pick(STATES, place),
        text: LONG.slice(0, 140),
        media: 0,
        parts: 1,
      }));
    }).flat(),
  );
}

/** So many posts of this month, as the calendar is answered. */
export function manyPosts(count: number): Json[] {
  const from = Date.parse(`${inDays(0).slice(0, 8)}01T00:00:00Z`);
  return Array.from({ length: count }, (_, n) => ({
    publication: `pub_${n}`,
    post: `post_${n}`,
    made_by: 'person_gone',
    channel: 'channel_gone',
    due_at: new Date(from + Math.floor((n / count) * 28 * 1440) * 60_000).toISOString(),
    state: pick(['published', 'scheduled', 'failed', 'needs_eyes'], n),
    text: `Post number ${n} says something of ordinary length about the harbour`,
    media: 0,
    parts: 1,
  }));
}

/** Every second post of a list has a long first part and goes to all channels. */
function wordy(channels: Channel[]) {
  return (post: Json, place: number): Json => {
    if (place % 2 === 0) return post;
    const parts = [{ kind: 'post', text: `${NAMES[2]} ${LONG.repeat(6)}` }];
    return { ...post, parts, variants: variants(channels, parts) };
  };
}

const variants = (channels: Channel[], parts: Json[]): Json[] =>
  channels.map(({ id }, place) => ({ id: `variant_full${place}`, channel: id, own: false, parts, options: {} }));

function fullDraft(channels: Channel[]): Json {
  const parts = [{ kind: 'post', text: LONG.repeat(Math.ceil(LETTERS / LONG.length)).slice(0, LETTERS) }];
  const at = new Date(Date.now() - DAY_MS).toISOString();
  return {
    id: 'post_full',
    revision: 1,
    state: 'draft',
    parts,
    variants: variants(channels, parts),
    publications: [],
    standing: { attention: 0, channels: CHANNELS, live: 0, replaced: [] },
    made_by: 'person_gone',
    made_at: at,
    changed_at: at,
  };
}

/** A post that is somewhere else on each of its thirty channels. */
function widePost(channels: Channel[]): Json {
  const parts = [{ kind: 'post', text: LONG }];
  const at = new Date(Date.now() + DAY_MS).toISOString();
  const publications = channels.map(({ id }, place) => {
    const state = pick([...STATES, 'scheduled'], place);
    return {
      id: `pub_wide${place}`,
      post: 'post_wide',
      variant: `variant_full${place}`,
      channel: id,
      due_at: at,
      state,
      ...(state === 'published' ? { url: 'https://example.org/a/very/long/address', published_at: at } : {}),
      ...(place % 8 === 7 ? { reason: 'no_longer_fits' } : {}),
      ...(state === 'published' ? {} : { detail: `${NAMES[2]}: ${LONG}` }),
      parts: 1,
      parts_live: state === 'published' ? 1 : 0,
      authorised_by: 'person_gone',
      revision: 1,
    };
  });
  const standing = { attention: 12, channels: CHANNELS, live: 8, replaced: [], next: at };
  return { ...fullDraft(channels), id: 'post_wide', state: 'needs_you', parts, publications, standing };
}

function people(some: Json[]): Json[] {
  return Array.from({ length: 8 }, (_, place) => ({
    ...some[0],
    person: `person_crowd${place}`,
    name: pick(NAMES, place + 1),
    email: `somebody.with.a.long.address.${place}@the-old-harbour-photographers.example.org`,
    role: pick(['author', 'editor', 'manager', 'owner'], place),
  }));
}

/** The server judges the channels that it knows; their copies are judged the same. */
async function judged(route: Route, channels: Channel[], source: Channel[]): Promise<void> {
  const body = route.request().postDataJSON() as { channels: (Json & { channel: string })[] };
  const sourceOf = (id: string) =>
    pick(
      source,
      channels.findIndex((one) => one.id === id),
    ).id;
  const asked = body.channels.filter(({ channel }) => source.some(({ id }) => id === channel));
  const response = await route.fetch({ postData: JSON.stringify({ ...body, channels: asked }) });
  if (!response.ok()) return route.fulfill({ response });
  const answer = (await response.json()) as { channels: (Json & { channel: string })[] };
  const verdicts = body.channels.map(({ channel }) => ({
    ...answer.channels.find((one) => one.channel === sourceOf(channel)),
    channel,
  }));
  await route.fulfill({ response, json: { ...answer, channels: verdicts } });
}
