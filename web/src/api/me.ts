import { queryOptions } from '@tanstack/react-query';
import { api, query } from './client';
import { knowZones } from './reader';
import type { MeBody, WhoBody } from './schema';

/** The person who is signed in. An API key gets another answer at the same address, and no browser has one. */
function person(who: WhoBody): MeBody {
  if ('key' in who) throw new Error('a page was opened with an API key');
  return who;
}

/** Reads who is signed in, with the answer's entity tag for a change. */
export async function readMe(signal?: AbortSignal): Promise<{ data: MeBody; response: Response }> {
  const { data, response } = await api.GET('/v1/me', { signal });
  if (!data) throw new Error('an answer without a body');
  const me = person(data);
  knowZones(me.workspaces);
  return { data: me, response };
}

export const meQuery = queryOptions({
  queryKey: query.queryOptions('get', '/v1/me').queryKey as readonly unknown[],
  queryFn: async ({ signal }) => (await readMe(signal)).data,
});
