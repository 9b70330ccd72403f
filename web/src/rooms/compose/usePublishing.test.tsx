// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import i18next from 'i18next';
import { StrictMode, useState } from 'react';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { startLanguage } from '@/app/language';
import { answered, unanswered } from '@/app/online';
import { type Draft, draftOf, printOf } from './model/draft';
import { keepAsked } from './outbox';
import { Saver, type Store } from './saving/saver';
import { usePublishing } from './usePublishing';

const POST = {
  id: 'post_1',
  revision: 1,
  state: 'draft',
  parts: [{ text: 'Hello' }],
  variants: [{ id: 'v', channel: 'one', own: false, parts: [], options: {} }],
  publications: [],
} as unknown as PostBody;
const NOW = { kind: 'now' } as const;
const NOON = Date.parse('2030-01-01T12:00:00Z');

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose']);
});

let sent = 0;
beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  localStorage.clear();
  sent = 0;
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  vi.spyOn(api, 'GET').mockImplementation((async () => ({ data: POST, response: new Response() })) as never);
  vi.spyOn(api, 'POST').mockImplementation((async () => {
    sent += 1;
    const data = { ...POST, revision: 2, publications: [{ state: 'scheduled' }] };
    return { data, response: new Response() };
  }) as never);
});
afterEach(() => {
  cleanup();
  answered();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const after = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

/** The page of a draft; `write` is what someone types. */
function page() {
  return renderHook(
    () => {
      const [draft, write] = useState<Draft>(() => draftOf(POST));
      const [saver] = useState(() => new Saver({} as Store, draft, POST, true, () => {}));
      const publishing = usePublishing({
        workspace: 'here',
        person: 'me',
        drafting: { draft, saver } as never,
        verdicts: { judged: undefined, isFresh: false, problem: undefined },
        sending: new Map(),
        isScheduled: false,
        standing: [],
        nameOf: String,
        onOption: () => {},
      });
      return { publishing, write };
    },
    { wrapper: StrictMode },
  );
}

type Opened = ReturnType<typeof page>;

const press = (result: Opened['result']) => act(async () => result.current.publishing.go(NOW));

/** A page on which "Publish now" was pressed without a connection. */
async function pressedOffline(): Promise<Opened> {
  const opened = page();
  act(unanswered);
  await press(opened.result);
  return opened;
}

/** The next request is sent, and its answer is lost. */
function loseNextAnswer(): void {
  vi.spyOn(api, 'POST').mockImplementationOnce((() => {
    unanswered();
    return Promise.reject(new Problem({ type: '/problems/offline' }));
  }) as never);
}

it('pressed without a connection, it is published once when the connection is back', async () => {
  const { result } = await pressedOffline();
  expect([sent, result.current.publishing.waiting?.plan]).toEqual([0, NOW]);
  await after(60_000);
  act(answered);
  await after(0);
  act(unanswered);
  act(answered);
  await after(60_000);
  expect(sent).toBe(1);
  expect(result.current.publishing.out?.isNow).toBe(true);
  expect(localStorage.length).toBe(0);
});

it('a request without an answer waits as well', async () => {
  const { result } = page();
  loseNextAnswer();
  await press(result);
  expect(result.current.publishing.waiting?.sent).toMatchObject({ post: 'post_1', revision: 1 });
  act(answered);
  await after(0);
  expect(sent).toBe(1);
});

it('after a quarter of an hour it asks, and does what it is told', async () => {
  const { result } = await pressedOffline();
  await after(15 * 60_000);
  act(answered);
  await after(0);
  expect([sent, result.current.publishing.isQuestion]).toEqual([0, true]);
  await press(result);
  await after(0);
  expect([sent, result.current.publishing.waiting]).toEqual([1, undefined]);
});

it('after a quarter of an hour a post that is out is not asked about again', async () => {
  const { result } = page();
  loseNextAnswer();
  await press(result);
  await after(15 * 60_000);
  const out = { ...POST, revision: 2, publications: [{ state: 'published' }] };
  vi.spyOn(api, 'GET').mockImplementation((async () => ({ data: out, response: new Response() })) as never);
  act(answered);
  await after(0);
  expect([sent, result.current.publishing.isQuestion]).toEqual([0, false]);
  expect(result.current.publishing.out?.post.revision).toBe(2);
});

it('nothing is published if it is withdrawn in time', async () => {
  const { result } = await pressedOffline();
  act(() => result.current.publishing.giveUp());
  act(answered);
  await after(60_000);
  expect([sent, localStorage.length]).toEqual([0, 0]);
});

it('it is published after its page was left, too', async () => {
  const { unmount } = await pressedOffline();
  unmount();
  await after(60_000);
  act(answered);
  await after(0);
  expect([sent, localStorage.length]).toEqual([1, 0]);
});

it('it is found again after a reload, and published if it says the same', async () => {
  const first = await pressedOffline();
  const kept = { ...localStorage };
  act(() => first.result.current.publishing.giveUp());
  first.unmount();
  for (const [key, value] of Object.entries(kept)) localStorage.setItem(key, value as string);
  const again = page();
  act(answered);
  await after(0);
  expect(sent).toBe(1);
  expect(again.result.current.publishing.out).toBeDefined();
});

it('what says something else by now is asked about', async () => {
  keepAsked({ workspace: 'here', person: 'me', post: 'post_1' }, { plan: NOW, at: NOON, print: 'something else' });
  const { result } = page();
  await after(0);
  expect([sent, result.current.publishing.isQuestion]).toEqual([0, true]);
});

it('open in two tabs, it is published once', async () => {
  keepAsked(
    { workspace: 'here', person: 'me', post: 'post_1' },
    { plan: NOW, at: NOON, print: printOf(draftOf(POST)) },
  );
  act(unanswered);
  const tabs = [page(), page()];
  act(answered);
  await after(0);
  expect(sent).toBe(1);
  expect(tabs.map(({ result }) => result.current.publishing.waiting)).toEqual([undefined, undefined]);
});

it('left while it is carried out, it is not kept for a second time', async () => {
  const { unmount } = await pressedOffline();
  vi.spyOn(api, 'POST').mockImplementationOnce((() => new Promise(() => {})) as never);
  act(answered);
  await after(0);
  unmount();
  expect(localStorage.length).toBe(0);
});

it('another draft that is opened, or another person, leaves it where it is', async () => {
  keepAsked({ workspace: 'here', person: 'me', post: undefined }, { plan: NOW, at: NOON, print: '' });
  keepAsked({ workspace: 'here', person: 'you', post: 'post_1' }, { plan: NOW, at: NOON, print: '' });
  const { result } = page();
  await after(0);
  expect([sent, result.current.publishing.waiting, localStorage.length]).toEqual([0, undefined, 2]);
});
