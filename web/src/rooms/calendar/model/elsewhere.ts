import type { PostBody } from '@/api/schema';

/** A post that was found by its words, but is on none of the days shown. */
export interface Found {
  post: string;
  state: PostBody['state'];
  text: string;
  /** When it is, or was, published; nothing for a draft. */
  at: string | undefined;
}

/** Found posts without those that the calendar shows already, each by the time that is next, or else was last. */
export function elsewhere(posts: readonly PostBody[], shown: ReadonlySet<string>, now: number): Found[] {
  return posts
    .filter(({ id }) => !shown.has(id))
    .map(({ id, state, parts, variants, publications }) => ({
      post: id,
      state,
      text: [...parts, ...variants.flatMap((variant) => variant.parts)].find(({ text }) => text)?.text ?? '',
      at: nearest(
        publications.map(({ due_at }) => due_at),
        now,
      ),
    }));
}

function nearest(times: readonly string[], now: number): string | undefined {
  const sorted = times.toSorted((one, other) => Date.parse(one) - Date.parse(other));
  return sorted.find((at) => Date.parse(at) >= now) ?? sorted.at(-1);
}
