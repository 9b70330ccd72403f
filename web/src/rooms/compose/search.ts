/** What the composer's address may say: a post to copy; a local time to begin with, and the channels that have it. */
export interface ComposeSearch {
  from?: string;
  at?: string;
  /** Ids with commas between them. */
  channel?: string;
}

export function readComposeSearch({ from, at, channel }: Record<string, unknown>): ComposeSearch {
  return {
    ...(typeof from === 'string' && from.startsWith('post_') ? { from } : {}),
    ...(typeof at === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at) ? { at } : {}),
    ...(typeof channel === 'string' && channel.startsWith('channel_') ? { channel } : {}),
  };
}
