import { query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { PostCounts } from '@/api/schema';
import { useMay } from './session';

/** What of the first steps is done; `undefined` as long as that is not known. The workspace is always there already. */
export interface FirstSteps {
  channel: boolean | undefined;
  post: boolean | undefined;
}

export function useFirstSteps(): FirstSteps {
  const channels = useChannels().data;
  const isRead = useMay('posts:read');
  const counts = query.useQuery('get', '/v1/posts/counts', {}, { enabled: isRead }).data;
  return { channel: channels && channels.length > 0, post: counts && hasGoneOn(counts) };
}

/** Whether a post was ever more than a draft. One that was called off counts: its author knows the way. */
export function hasGoneOn({ draft: _, whole: __, ...others }: PostCounts): boolean {
  return Object.values(others).some((count) => count > 0);
}

/** Whether there is something left to show somebody new; not before it is known, so that nothing comes and goes. */
export function isLeft({ channel, post }: FirstSteps): boolean {
  return channel === false || post === false;
}
