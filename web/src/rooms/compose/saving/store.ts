import { api, ifMatch, newKey } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import { learn } from './clock';
import type { Store } from './saver';

function whole({ data, response }: { data?: PostBody; response: Response }): PostBody {
  learn(response);
  if (!data) throw new Problem({ type: '/problems/unreadable', status: response.status });
  return data;
}

/** Posts at the server, for saving: in the workspace of the draft, whichever is chosen by the time it is stored. */
export function storeOf(workspace: string): Store {
  const headers = workspaceHeader(workspace);
  return {
    newKey,
    create: async (body, key) =>
      whole(await api.POST('/v1/posts', { body, headers: { ...headers, 'idempotency-key': key } })),
    change: async (post, revision, body, gone) =>
      whole(
        await api.PATCH('/v1/posts/{post}', {
          params: { path: { post }, header: ifMatch(revision) },
          headers,
          body: { ...body, remove_channels: gone },
        }),
      ),
    read: async (post) => whole(await api.GET('/v1/posts/{post}', { params: { path: { post } }, headers })),
  };
}
