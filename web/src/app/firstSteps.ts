import { query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { PostCounts } from '@/api/schema';
import { useMay } from './session';

/** Which first steps are done; `undefined` while loading. The workspace step is always done. */
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

/** Whether a post was ever scheduled. An unscheduled one counts: its author knows how it works. */
export function hasGoneOn({ draft: _, in_review: ___, whole: __, ...others }: PostCounts): boolean {
  return Object.values(others).some((count) => count > 0);
}

/** Whether to show the first steps. False while loading, so that the link doesn't flash. */
export function isLeft({ channel, post }: FirstSteps): boolean {
  return channel === false || post === false;
}
