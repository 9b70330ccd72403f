import { useSuspenseQuery } from '@tanstack/react-query';
import { query } from './client';
import { meQuery } from './me';

/** What more than one room asks for. */

/** Who is signed in, where they belong and what they may do there. */
export function useMe() {
  return useSuspenseQuery(meQuery).data;
}

/** The channels of the workspace. */
export function useChannels() {
  return query.useQuery('get', '/v1/channels');
}

/** The platforms of the installation: names, icons, ways to connect, options of posts. They change with a release. */
export function usePlatforms() {
  return query.useQuery('get', '/v1/platforms', {}, { staleTime: Number.POSITIVE_INFINITY });
}

/** One platform by its id, once they are known. */
export function usePlatform(id: string) {
  return usePlatforms().data?.find((platform) => platform.id === id);
}
