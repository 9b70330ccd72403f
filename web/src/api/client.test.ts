// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { api, ifMatch, tagged } from './client';
import { asProblem, Problem } from './problem';
import { chooseWorkspace, workspaceHeader } from './workspace';

const sent: Request[] = [];

/** Answers requests in turn; `undefined` is no answer at all. */
function answers(...list: (Response | undefined)[]): void {
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request);
    const answer = list.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError('Failed to fetch'));
  });
}

const json = (body: unknown, init: ResponseInit = {}) => Response.json(body, init);

beforeEach(() => {
  sent.length = 0;
  chooseWorkspace(undefined);
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 200 });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a POST carries a key, and the same one when it is sent again', async () => {
  answers(undefined, json({ ok: true, channels: [] }));
  await api.POST('/v1/posts/validate', { body: { text: 'Hello' } });
  const keys = sent.map((request) => request.headers.get('idempotency-key'));
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test('what may have had an effect is not sent twice without a key', async () => {
  answers(undefined, json({}));
  const act = api.PATCH('/v1/me', { params: { header: { 'If-Match': '*' } }, body: { name: 'Lena' } });
  await expect(act).rejects.toMatchObject({ slug: 'offline', who: 'nobody' });
  expect(sent).toHaveLength(1);
});

test('requests name the workspace that was chosen', async () => {
  answers(json([]), json([]));
  await api.GET('/v1/channels');
  chooseWorkspace('ws_1');
  await api.GET('/v1/channels');
  expect(sent.map((request) => request.headers.get('fanfare-workspace'))).toEqual([null, 'ws_1']);
});

test('a request that names its workspace keeps it when another is chosen meanwhile', async () => {
  answers(json([]));
  chooseWorkspace('ws_2');
  await api.GET('/v1/channels', { headers: workspaceHeader('ws_1') });
  expect(sent[0]?.headers.get('fanfare-workspace')).toBe('ws_1');
});

test('a revision is sent as its entity tag', async () => {
  answers(json({}));
  const params = { path: { post: 'post_1' }, header: ifMatch(3) };
  await api.PATCH('/v1/posts/{post}', { params, body: {} });
  expect(sent[0]?.headers.get('if-match')).toBe('"r3"');
});

test('what has no revision in its body is read with its entity tag', async () => {
  answers(json({ name: 'Lena' }, { headers: { etag: '"r7"' } }));
  expect((await tagged(() => api.GET('/v1/me'))).etag).toBe('"r7"');
});

test('a refusal is thrown with everything that the server said', async () => {
  const body = {
    type: '/problems/invalid-field',
    title: 'Some fields need correcting',
    status: 422,
    detail: '/email: is wrong',
    remedy: 'Correct it.',
    request_id: 'req_1',
    errors: [{ pointer: '/email', detail: 'is wrong' }],
  };
  answers(json(body, { status: 422 }));
  const problem = await api.POST('/v1/session', { body: { email: 'x', password: 'y' } }).catch(asProblem);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({
    slug: 'invalid-field',
    request_id: 'req_1',
    fields: { email: 'is wrong' },
    who: 'you',
  });
});

test('an answer of something in between is a problem of its own', async () => {
  answers(new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'retry-after': '7' } }));
  const problem = await api.GET('/v1/channels').catch(asProblem);
  expect(problem).toMatchObject({ slug: 'unreadable', status: 502, retryAfter: 7 });
});
