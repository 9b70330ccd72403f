import type { PostBody } from '@/api/schema';
import { isOnline, onOnlineChange } from '@/app/online';
import type { Plan } from './when/plan';
import { instantOf, isGap } from './when/times';

/** What someone asked for while there was no connection: kept in this browser until it is done or taken back. */
export interface Asked {
  plan: Plan;
  /** When, by the server's clock, in milliseconds. */
  at: number;
  /** What the draft said then. */
  print: string;
  /** The request that had no answer: it may have been carried out all the same. */
  sent?: Sent;
}

export interface Sent {
  post: string;
  revision: number;
  key: string;
}

/** After this long the person may no longer want it. */
const FRESH_MS = 10 * 60_000;

/**
 * Whether a person is asked again before it is done: much time has passed, a time that was chosen is over, or it says something
 * else by now.
 */
export function needsAsking({ plan, at, print }: Asked, now: number, printNow: string): boolean {
  if (print !== printNow) return true;
  switch (plan.kind) {
    case 'now':
    case 'slot':
      return now - at > FRESH_MS;
    case 'time':
      return isOver(plan.local, plan.zone, now);
    case 'each':
      return Object.values(plan.locals).some((local) => isOver(local, plan.zone, now));
  }
}

function isOver(local: string, zone: string, now: number): boolean {
  const moment = instantOf(local, zone);
  return moment === undefined || isGap(moment) || moment.at.getTime() <= now;
}

/** Whether a request without an answer was carried out: the post has moved on since, and something of it is published. */
export function isDone({ revision }: Sent, post: PostBody): boolean {
  return post.revision > revision && post.publications.some(({ state }) => state !== 'cancelled');
}

/* In the browser's storage, beside the draft that it is about */

/** Whose request it is, and about which draft: another person who signs in on this browser does not send it. */
export interface Place {
  workspace: string;
  person: string;
  /** None for a new post. */
  post: string | undefined;
}

const keyOf = ({ workspace, person, post }: Place) => `fanfare.compose.${workspace}.${post ?? 'new'}.${person}.asked`;

/** What found no room there. It is kept as long as the page is open, and no other tab knows of it. */
const unstored = new WeakSet<Asked>();

export function keepAsked(place: Place, asked: Asked): void {
  try {
    localStorage.setItem(keyOf(place), JSON.stringify(asked));
  } catch {
    unstored.add(asked);
  }
}

export function keptAsked(place: Place): Asked | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(keyOf(place)) ?? 'null') as Partial<Asked> | null;
    const isWhole = found?.plan && typeof found.at === 'number' && typeof found.print === 'string';
    return isWhole ? (found as Asked) : undefined;
  } catch {
    return undefined;
  }
}

/** Takes this very request out. False if it is not there any more: another tab has taken it, or has kept another since. */
export function dropAsked(place: Place, asked: Asked): boolean {
  if (unstored.delete(asked)) return true;
  const kept = keptAsked(place);
  if (kept?.at !== asked.at || kept.print !== asked.print) return false;
  localStorage.removeItem(keyOf(place));
  return true;
}

/** One tab at a time, where the browser can tell them apart. */
export async function alone(take: () => boolean): Promise<boolean> {
  // Only where the page came over a secure connection.
  const locks = navigator.locks as LockManager | null | undefined;
  return locks ? locks.request('fanfare.asked', take) : take();
}

/* After the page was left */

const carried = new Map<string, () => void>();
/** What is left to do: the draft is to be stored, or to be published. */
type Left = 'draft' | 'asked';

const nameOf = (left: Left, workspace: string, post: string | undefined) => `${left} ${workspace} ${post ?? 'new'}`;

/** Does it once the connection is back, although its page was left. If the page is opened again, it takes over. */
export function carryOn(left: Left, workspace: string, post: string | undefined, act: () => Promise<void>): void {
  takeOver(left, workspace, post);
  const stop = onOnlineChange(() => {
    if (!isOnline()) return;
    takeOver(left, workspace, post);
    void act();
  });
  carried.set(nameOf(left, workspace, post), stop);
}

export function takeOver(left: Left, workspace: string, post: string | undefined): void {
  const name = nameOf(left, workspace, post);
  carried.get(name)?.();
  carried.delete(name);
}
