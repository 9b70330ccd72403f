import createClient, { type Middleware } from 'openapi-fetch';
import createQueryClient from 'openapi-react-query';
import { answered, unanswered } from '@/app/online';
import { Problem, problemOf } from './problem';
import { readerHeaders } from './reader';
import type { paths } from './schema';
import { workspaceHeader } from './workspace';

/** How often a request that got no answer is sent again. Only such that can have no second effect are. */
const TRIES = 3;
const PAUSE_MS = 400;

/**
 * A key that makes a POST safe to repeat. Pass the same one again to repeat the same act.
 * @public
 */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The `If-Match` for a revision that was read: `params: { path, header: ifMatch(post.revision) }`. */
export function ifMatch(revision: number): { 'If-Match': string } {
  return { 'If-Match': `"r${revision}"` };
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function isRepeatable(request: Request): boolean {
  return ['GET', 'HEAD', 'PUT', 'DELETE'].includes(request.method) || request.headers.has('idempotency-key');
}

/** Sends, and sends again when no answer came and a second time does no harm. */
async function send(request: Request): Promise<Response> {
  const tries = isRepeatable(request) ? TRIES : 1;
  for (let tried = 1; ; tried += 1) {
    try {
      // A long text is not copied for a second time that never comes.
      const response = await fetch(tried < tries ? request.clone() : request);
      answered();
      return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (tried >= tries) {
        unanswered();
        throw new Problem({ type: '/problems/offline' });
      }
      await pause(PAUSE_MS * tried);
    }
  }
}

/** Asked by POST for the length of what is asked; it has no effect that a second time could repeat. */
const isQuestion = (request: Request) => request.url.endsWith('/v1/posts/read');

const manners: Middleware = {
  onRequest({ request }) {
    const of = request.headers.get('fanfare-workspace') ?? undefined;
    for (const [name, value] of Object.entries(readerHeaders(of, request.method !== 'GET')))
      request.headers.set(name, value);
    for (const [name, value] of Object.entries(workspaceHeader())) {
      // A page that is being left may still store something in the workspace that it belongs to.
      if (!request.headers.has(name)) request.headers.set(name, value);
    }
    if (request.method === 'POST' && !isQuestion(request) && !request.headers.has('idempotency-key')) {
      request.headers.set('idempotency-key', newKey());
    }
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
};

/** The API by its document: `const { data } = await api.POST('/v1/posts', { body })`. Throws a {@link Problem}. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '', fetch: send });
api.use(manners);

/** The same as hooks: `query.useQuery('get', '/v1/posts')`, `query.useMutation('post', '/v1/posts')`. */
export const query = createQueryClient(api);

/**
 * Reads something with its entity tag, for what carries no revision in its body (`/v1/me`, workspaces):
 * `const { etag } = await tagged(() => api.GET('/v1/me'))`.
 */
export async function tagged<T>(
  read: () => Promise<{ data?: T; response: Response }>,
): Promise<{ data: T; etag: string }> {
  const { data, response } = await read();
  if (data === undefined) throw new Problem({ type: '/problems/unreadable', status: response.status });
  return { data, etag: response.headers.get('etag') ?? '*' };
}
