import type { PostBody, PostCounts, PostState } from '@/api/schema';

/** What the list can be narrowed to. "Needs attention" is whatever waits for someone. */
export const GROUPS = ['all', 'needs_you', 'in_review', 'draft', 'scheduled', 'published', 'cancelled'] as const;
export type Group = (typeof GROUPS)[number];

/** How the server is asked for a group. It sorts each as it suits: what waits by its time, drafts by their last change. */
export const ASKED_BY: Record<Group, { state?: PostState[]; attention?: true }> = {
  all: {},
  needs_you: { attention: true },
  in_review: { state: ['in_review'] },
  draft: { state: ['draft'] },
  scheduled: { state: ['scheduled', 'publishing'] },
  published: { state: ['published', 'partly_published'] },
  cancelled: { state: ['cancelled', 'deleted'] },
};

/** How many posts a group has. */
export function countOf(counts: PostCounts, group: Group): number {
  const { state = [], attention } = ASKED_BY[group];
  return attention ? counts.attention : state.reduce((total, one) => total + counts[one], 0);
}

/** What the list's address says. */
export interface PostsSearch {
  state?: Group | undefined;
  channel?: string | undefined;
  q?: string | undefined;
}

export function readPostsSearch(search: Record<string, unknown>): PostsSearch {
  const text = (name: string) => (typeof search[name] === 'string' && search[name] !== '' ? search[name] : undefined);
  return {
    state: GROUPS.find((group) => group === search.state && group !== 'all'),
    channel: text('channel'),
    q: text('q')?.slice(0, 200),
  };
}

/** The time that says most about a post: when it is published next, since when it is live, or when it was written. */
export function timeOf(post: PostBody): { at: string; kind: 'live' | 'due' | 'planned' | 'made' } {
  const { next, live_since } = post.standing;
  if (next) return { at: next, kind: 'due' };
  if (live_since) return { at: live_since, kind: 'live' };
  const was = post.publications
    .filter(({ state }) => state !== 'cancelled')
    .map(({ due_at }) => due_at)
    .sort()[0];
  if (was) return { at: was, kind: 'due' };
  return post.planned ? { at: post.planned.at, kind: 'planned' } : { at: post.changed_at, kind: 'made' };
}
