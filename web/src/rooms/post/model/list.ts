import type { PostBody, PostState } from '@/api/schema';

/** What the list can be narrowed to. "Needs you" is whatever asks somebody to act. */
export const GROUPS = ['all', 'needs_you', 'draft', 'scheduled', 'published', 'cancelled'] as const;
export type Group = (typeof GROUPS)[number];

export const STATES_OF: Record<Group, PostState[]> = {
  all: [],
  needs_you: ['needs_you', 'failed', 'partly_published'],
  draft: ['draft'],
  scheduled: ['scheduled', 'publishing'],
  published: ['published'],
  cancelled: ['cancelled', 'deleted'],
};

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

/** The time that says most about a post: when it went out, or is to, or was made. */
export function timeOf(post: PostBody): { at: string; kind: 'live' | 'due' | 'made' } {
  const went = post.publications
    .filter(({ state }) => state !== 'deleted')
    .map(({ published_at }) => published_at)
    .filter((at) => at !== undefined && at !== null);
  const due = post.publications.filter(({ state }) => state !== 'cancelled').map(({ due_at }) => due_at);
  const next = post.publications.filter(({ state }) => state === 'scheduled').map(({ due_at }) => due_at);
  const first = (all: string[]) => all.sort()[0];
  const waits = first(next);
  if (waits) return { at: waits, kind: 'due' };
  const live = first(went);
  if (live) return { at: live, kind: 'live' };
  const was = first(due);
  return was ? { at: was, kind: 'due' } : { at: post.changed_at, kind: 'made' };
}
