import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { draftOf, emptyDraft } from './model/draft';
import { emptyPart } from './model/parts';
import type { Asked } from './outbox';
import { publish } from './publishing';
import { Saver, type Store } from './saving/saver';

const draft = { ...emptyDraft(['one']), parts: [{ ...emptyPart(), text: 'Hello' }] };
const offline = () => Promise.reject(new Problem({ type: '/problems/offline' }));

/** A server with one draft, which may carry a request out and lose its answer. */
function server() {
  let post = {
    id: 'post_1',
    revision: 1,
    state: 'draft',
    parts: [{ text: 'Hello' }],
    variants: [{ id: 'v', channel: 'one', own: false, parts: [], options: {} }],
    publications: [] as { state: string }[],
  };
  const keys: string[] = [];
  let done = 0;
  let fails: 'before' | 'after' | undefined;
  const response = new Response();
  const body = () => structuredClone(post) as unknown as PostBody;
  vi.spyOn(api, 'GET').mockImplementation((async () => ({ data: body(), response })) as never);
  vi.spyOn(api, 'POST').mockImplementation((async (_: string, init: { headers: Record<string, string> }) => {
    if (fails === 'before') return offline();
    const key = init.headers['idempotency-key'] ?? '';
    if (!keys.includes(key)) {
      done += 1;
      post = { ...post, revision: post.revision + 1, publications: [{ state: 'scheduled' }] };
    }
    keys.push(key);
    if (fails === 'after') return offline();
    return { data: body(), response };
  }) as never);
  const saver = new Saver({} as Store, draftOf(body()), body(), true, () => {});
  return {
    saver,
    keys,
    published: () => done,
    lose: (when: typeof fails) => {
      fails = when;
    },
    takeBack: () => {
      post = { ...post, revision: post.revision + 1, publications: [{ state: 'cancelled' }] };
    },
  };
}

const asked = (plan: Asked['plan']): Asked => ({ plan, at: 0, print: '' });
const NOW = { kind: 'now' } as const;
const LATER = { kind: 'time', local: '2099-01-05T09:00', zone: 'Etc/UTC' } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([NOW, LATER])('what was carried out although its answer was lost is not done again ($kind)', async (plan) => {
  const there = server();
  const wanted = asked(plan);
  there.lose('after');
  await expect(publish('here', there.saver, draft, wanted)).rejects.toThrow();
  there.lose(undefined);
  expect((await publish('here', there.saver, draft, wanted))?.publications).toHaveLength(1);
  expect([there.published(), there.saver.stored?.revision]).toEqual([1, 2]);
});

it('what never arrived is done once it can be, with the same key where it is the same request', async () => {
  const there = server();
  const wanted = asked(LATER);
  there.lose('before');
  await expect(publish('here', there.saver, draft, wanted)).rejects.toThrow();
  const key = wanted.sent?.key;
  there.lose(undefined);
  await publish('here', there.saver, draft, wanted);
  expect([there.published(), there.keys]).toEqual([1, [key]]);
});

it('“now” asked for again is another request, with another time and another key', async () => {
  const there = server();
  const wanted = asked(NOW);
  there.lose('before');
  await expect(publish('here', there.saver, draft, wanted)).rejects.toThrow();
  const key = wanted.sent?.key;
  there.lose(undefined);
  await publish('here', there.saver, draft, wanted);
  expect(there.published()).toBe(1);
  expect(there.keys[0]).not.toBe(key);
});

it('what was asked for is kept in a form that a reload brings back', async () => {
  const there = server();
  const wanted = asked(LATER);
  there.lose('after');
  await expect(publish('here', there.saver, draft, wanted)).rejects.toThrow();
  const after = JSON.parse(JSON.stringify(wanted)) as Asked;
  there.lose(undefined);
  await publish('here', there.saver, draft, after);
  expect(there.published()).toBe(1);
});
