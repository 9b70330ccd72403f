import type { PostBody, PublicationBody } from '@/api/schema';

type State = PublicationBody['state'];

const NEEDS: State[] = ['needs_eyes', 'missed', 'parked', 'failed'];
const MOVES: State[] = ['armed', 'processing', 'unknown'];

/** Who has to look first: what needs somebody, what moves, what waits, what is done. */
export function inOrder(publications: readonly PublicationBody[]): PublicationBody[] {
  const rank = ({ state }: PublicationBody) => {
    if (NEEDS.includes(state)) return 0;
    if (MOVES.includes(state)) return 1;
    return state === 'scheduled' ? 2 : state === 'published' ? 3 : 4;
  };
  return [...publications].sort(
    (one, other) => rank(one) - rank(other) || one.due_at.localeCompare(other.due_at) || one.id.localeCompare(other.id),
  );
}

export interface Summary {
  /** What its first sentence is about. */
  kind: 'draft' | 'scheduled' | 'recurs' | 'publishing' | 'live' | 'partly' | 'none' | 'cancelled' | 'deleted';
  live: number;
  /** Channels that count: those not called off, and not deleted there. */
  count: number;
  /** How many wait for a person. */
  needs: number;
  /** The next time something goes out. */
  next: string | undefined;
}

/** Where a post stands, over all its channels. */
export function summaryOf(post: PostBody): Summary {
  const all = post.publications;
  const counted = all.filter(({ state }) => state !== 'cancelled' && state !== 'deleted');
  const live = counted.filter(({ state }) => state === 'published').length;
  const waiting = counted.filter(({ state }) => state === 'scheduled');
  const next = waiting.map(({ due_at }) => due_at).sort()[0];
  const numbers = {
    live,
    count: counted.length,
    needs: counted.filter(({ state }) => NEEDS.includes(state)).length,
    next,
  };
  return { kind: kindOf(), ...numbers };

  function kindOf(): Summary['kind'] {
    if (all.length === 0) return 'draft';
    if (counted.length === 0) return all.some(({ state }) => state === 'deleted') ? 'deleted' : 'cancelled';
    if (counted.some(({ state }) => MOVES.includes(state))) return 'publishing';
    if (waiting.some(({ series }) => series)) return 'recurs';
    if (waiting.length > 0 && live === 0) return 'scheduled';
    if (live === counted.length) return 'live';
    return live > 0 || counted.some(({ parts_live }) => parts_live > 0) ? 'partly' : 'none';
  }
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
