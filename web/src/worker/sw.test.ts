import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const ORIGIN = 'https://fanfare.example';
const FILES = ['/', '/assets/door-1.js', '/theme.js'];

/** The worker among caches and a network of the test's own. */
function worker(version = 'one', stores = new Map<string, Map<string, Response>>()) {
  const network = vi.fn<(request: Request | string) => Promise<Response>>();
  const path = (of: Request | string) => new URL(typeof of === 'string' ? of : of.url, ORIGIN).pathname;
  const open = async (name: string) => {
    const store = stores.get(name) ?? new Map<string, Response>();
    stores.set(name, store);
    return {
      addAll: async (list: string[]) => list.forEach((one) => void store.set(one, new Response(`kept ${one}`))),
      match: async (of: Request | string) => store.get(path(of))?.clone(),
      put: async (of: string, answer: Response) => void store.set(path(of), answer),
      keys: async () => [...store.keys()].map((one) => new Request(ORIGIN + one)),
      delete: async (of: Request) => store.delete(path(of)),
    };
  };
  const caches = { open, keys: async () => [...stores.keys()], delete: async (name: string) => stores.delete(name) };
  const listeners: Record<string, (event: object) => void> = {};
  const self = {
    addEventListener: (name: string, listener: (event: object) => void) =>
      Object.assign(listeners, { [name]: listener }),
    location: new URL(ORIGIN),
    clients: { claim: async () => {} },
  };
  const code = readFileSync(join(import.meta.dirname, 'sw.js'), 'utf8');
  new Function('self', 'caches', 'fetch', 'FILES', 'VERSION', code)(self, caches, network, FILES, version);
  const happen = async (name: 'install' | 'activate') => {
    let done: Promise<unknown> = Promise.resolve();
    listeners[name]?.({ waitUntil: (work: Promise<unknown>) => (done = work) });
    await done;
  };
  /** The answer, or `undefined` if the browser is left to it. */
  const ask = (where: string, of: { mode?: string; method?: string; body?: FormData } = {}) => {
    const { mode, ...rest } = of;
    const request = Object.defineProperty(new Request(new URL(where, ORIGIN), rest), 'mode', { value: mode ?? 'cors' });
    let answer: Promise<Response> | undefined;
    listeners.fetch?.({ request, respondWith: (given: Promise<Response>) => (answer = given) });
    return answer;
  };
  return { happen, ask, network, stores };
}
const text = async (answer: Promise<Response> | undefined) => (await answer)?.text();
const page = { mode: 'navigate' };

it('opens the app without a connection, at any of its addresses', async () => {
  const { happen, ask, network } = worker();
  await happen('install');
  network.mockRejectedValue(new TypeError('no connection'));
  expect(await text(ask('/calendar', page))).toBe('kept /');
  expect(await text(ask('/posts/post_01', page))).toBe('kept /');
  expect(await text(ask('/assets/door-1.js'))).toBe('kept /assets/door-1.js');
  expect(await text(ask('/theme.js'))).toBe('kept /theme.js');
});

it('opens the app while a proxy answers that the server is not there', async () => {
  const { happen, ask, network } = worker();
  await happen('install');
  network.mockResolvedValue(new Response('Bad gateway', { status: 502 }));
  expect(await text(ask('/calendar', page))).toBe('kept /');
});

it('never hides a newer app: pages come from the server as long as it answers', async () => {
  const { happen, ask, network } = worker();
  await happen('install');
  network.mockImplementation(async () => new Response('newer'));
  expect(await text(ask('/calendar', page))).toBe('newer');
  expect(await text(ask('/theme.js'))).toBe('newer');
  expect(ask('/assets/door-2.js'), 'a file of another build').toBeUndefined();
});

it('leaves alone what is about people: no answer of the API, no picture, no sign-in at a network is kept', async () => {
  const { happen, ask, stores } = worker();
  await happen('install');
  for (const where of [
    '/v1/me',
    '/v1/media/media_1/file',
    '/connect/x/callback',
    '/health/live',
    'https://elsewhere.example/',
  ]) {
    expect(ask(where), where).toBeUndefined();
    expect(ask(where, page), where).toBeUndefined();
  }
  expect(ask('/v1/posts', { method: 'POST' })).toBeUndefined();
  expect([...(stores.get('fanfare-one')?.keys() ?? [])]).toEqual(FILES);
});

it('takes the files of older builds away once their last page is closed', async () => {
  const first = worker('one');
  await first.happen('install');
  const second = worker('two', first.stores);
  await second.happen('install');
  expect([...first.stores.keys()]).toEqual(['fanfare-one', 'fanfare-two']);
  await second.happen('activate');
  expect([...first.stores.keys()]).toEqual(['fanfare-two']);
});

it('sets aside what another app shares, and leads to the composer', async () => {
  const { ask, stores } = worker();
  const body = new FormData();
  body.set('text', 'Look at this');
  body.append('files', new File(['picture'], 'harbour.png', { type: 'image/png' }));
  // A redirect to a path needs a page's address to go by.
  vi.stubGlobal(
    'Response',
    class extends Response {
      static override redirect = (to: string) => new Response(to, { status: 303 }) as never;
    },
  );
  expect(await text(ask('/share', { method: 'POST', body }))).toBe('/compose?shared=true');
  vi.unstubAllGlobals();
  const kept = stores.get('fanfare-shared');
  expect(await kept?.get('/share/words')?.json()).toEqual({
    title: '',
    text: 'Look at this',
    url: '',
    files: ['harbour.png'],
  });
  expect(await kept?.get('/share/0')?.text()).toBe('picture');
});
