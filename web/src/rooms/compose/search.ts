/** What the composer's address may say: a post to copy; a local time to begin with, and the channels that have it. */
export interface ComposeSearch {
  from?: string;
  /** In the zone of the workspace, as `2030-01-31T09:30`. */
  at?: string;
  /** Ids with commas between them. */
  channel?: string;
  /** Another app has shared something that waits to be taken. */
  shared?: true;
}

/** The channels that an address names. */
export function channelsOf({ channel }: ComposeSearch): string[] | undefined {
  return channel?.split(',');
}

export function readComposeSearch({ from, at, channel, shared }: Record<string, unknown>): ComposeSearch {
  return {
    ...(typeof from === 'string' && from.startsWith('post_') ? { from } : {}),
    ...(typeof at === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at) ? { at } : {}),
    ...(typeof channel === 'string' && /^channel_\w+(,channel_\w+)*$/.test(channel) ? { channel } : {}),
    ...(shared === true || shared === 'true' ? { shared: true } : {}),
  };
}
