/** What the composer's address may say: a post to copy, and a local time to begin with. */
export interface ComposeSearch {
  from?: string;
  at?: string;
}

export function readComposeSearch({ from, at }: Record<string, unknown>): ComposeSearch {
  return {
    ...(typeof from === 'string' && from.startsWith('post_') ? { from } : {}),
    ...(typeof at === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at) ? { at } : {}),
  };
}
