import type { PostBody, PublicationBody } from '@/api/schema';

type State = PublicationBody['state'];

const NEEDS: State[] = ['needs_eyes', 'missed', 'parked', 'failed'];
const MOVES: State[] = ['armed', 'processing', 'unknown'];

/** Whether its channel's limits have changed and would refuse it at its time. */
export function noLongerFits({ state, reason }: Pick<PublicationBody, 'state' | 'reason'>): boolean {
  return state === 'scheduled' && reason === 'no_longer_fits';
}

/** Whether someone has to decide something or change it. */
export function needsAttention(publication: Pick<PublicationBody, 'state' | 'reason'>): boolean {
  return NEEDS.includes(publication.state) || noLongerFits(publication);
}

/** In the order in which they are looked at: what needs attention, what is being published, what is scheduled, what is done. */
export function inOrder(publications: readonly PublicationBody[]): PublicationBody[] {
  const rank = (publication: PublicationBody) => {
    const { state } = publication;
    if (needsAttention(publication)) return 0;
    if (MOVES.includes(state)) return 1;
    return state === 'scheduled' ? 2 : state === 'published' ? 3 : 4;
  };
  return [...publications].sort(
    (one, other) => rank(one) - rank(other) || one.due_at.localeCompare(other.due_at) || one.id.localeCompare(other.id),
  );
}

export interface Summary {
  /** What its first sentence is about. */
  kind:
    | 'draft'
    | 'review'
    | 'scheduled'
    | 'repeats'
    | 'paused'
    | 'publishing'
    | 'live'
    | 'partly'
    | 'none'
    | 'cancelled'
    | 'deleted';
  live: number;
  /** Channels that count, by the server. */
  count: number;
  /** How many wait for a person. */
  needs: number;
  /** When something is published next. */
  next: string | undefined;
}

/** Where a post stands, over all its channels: the server's numbers, and which sentence fits them. */
export function summaryOf({ state, standing, series = [], publications }: PostBody): Summary {
  const { live, channels: count, attention: needs, next } = standing;
  return { kind: kindOf(), live, count, needs, next: next ?? undefined };

  function kindOf(): Summary['kind'] {
    const isPartly = live > 0 || publications.some((one) => one.parts_live > 0);
    if (series.some(({ paused_at }) => paused_at) && !next && ['published', 'cancelled'].includes(state))
      return 'paused';
    switch (state) {
      case 'draft':
      case 'publishing':
      case 'cancelled':
      case 'deleted':
        return state;
      case 'in_review':
        return 'review';
      case 'scheduled':
        if (series.some(({ to_come }) => to_come > 0)) return 'repeats';
        return isPartly ? 'partly' : 'scheduled';
      case 'published':
        return 'live';
      case 'partly_published':
        return 'partly';
      default:
        return isPartly ? 'partly' : 'none';
    }
  }
}

/** What the page shows one by one: not what was replaced, and of a series only what has begun. */
export function shownOf({ publications, standing }: PostBody): PublicationBody[] {
  const replaced = new Set(standing.replaced);
  const isShown = (one: PublicationBody) =>
    !replaced.has(one.id) &&
    (needsAttention(one) || !(one.series && one.parts_live === 0 && ['scheduled', 'cancelled'].includes(one.state)));
  return inOrder(publications.filter(isShown));
}

/** Whether what it says can still be changed: nothing of it is on its way or live. */
export function isEditable({ publications }: PostBody): boolean {
  return publications.every(
    ({ state, parts_live }) =>
      parts_live === 0 && ['scheduled', 'parked', 'missed', 'failed', 'cancelled'].includes(state),
  );
}

/** What can be sent again without asking what became of it: it is known not to be live. */
export function missing({ publications }: PostBody): PublicationBody[] {
  return publications.filter(({ state }) => state === 'failed' || state === 'missed');
}

export function callable({ publications }: PostBody): PublicationBody[] {
  return publications.filter(({ state }) => ['scheduled', 'parked', 'missed'].includes(state));
}

/** What can be given another time. */
export function isMovable({ state, series, parts_live }: PublicationBody): boolean {
  return !series && parts_live === 0 && ['scheduled', 'parked', 'missed'].includes(state);
}

/** How a post begins, for its title. */
export function beginning(post: PostBody, most = 90): string {
  const text = post.parts[0]?.text ?? post.variants[0]?.parts[0]?.text ?? '';
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most).replace(/\s+\S*$/, '')}…` : line;
}
