import type { CalendarItem } from '@/api/schema';
import { dayOf, type Local, MINUTE_MS, type Wall } from './wall';

/** One post at one time: what stands in the calendar. Its channels are its items. */
export interface Entry {
  key: string;
  post: string;
  at: number;
  local: Local;
  day: number;
  items: CalendarItem[];
  /** Where it goes, each channel once. */
  channels: string[];
  /** Who made the post. */
  madeBy: string;
  /** The worst that any channel says; a draft has no publications. */
  state: EntryState;
  text: string;
  thumbnail: string | undefined;
  media: number;
  parts: number;
  /** The series that it is an occurrence of. */
  series: string | undefined;
}

export type PublicationState = CalendarItem['state'];
export type EntryState = PublicationState | 'draft' | 'in_review' | 'no_longer_fits';

/** What needs someone first, then what moves, then what is done. */
const WORST_FIRST: EntryState[] = [
  'needs_eyes',
  'failed',
  'missed',
  'parked',
  'no_longer_fits',
  'in_review',
  'unknown',
  'processing',
  'armed',
  'scheduled',
  'draft',
  'published',
  'deleted',
  'cancelled',
];
const RANK = new Map(WORST_FIRST.map((state, rank) => [state, rank]));

export function worst<T extends EntryState>(items: readonly { state: T }[]): T | 'cancelled' {
  let found: T | 'cancelled' = 'cancelled';
  for (const { state } of items) if ((RANK.get(state) ?? 0) < (RANK.get(found) ?? 0)) found = state;
  return found;
}

/** A scheduled post that its channel's new limits refuse stands out before its time. */
function stateOf({ state, reason }: CalendarItem): EntryState {
  return state === 'scheduled' && reason === 'no_longer_fits' ? 'no_longer_fits' : state;
}

export function keyOf(post: string, at: number): string {
  return `${post}@${Math.floor(at / MINUTE_MS)}`;
}

/** Items, one per channel, as entries, one per post and time, in the order of time. */
export function entriesOf(items: readonly CalendarItem[], wall: Wall): Entry[] {
  const found = new Map<string, Entry>();
  for (const item of items) {
    const at = Date.parse(item.due_at);
    const key = keyOf(item.post, at);
    const known = found.get(key);
    if (known) known.items.push(item);
    else found.set(key, entryOf(key, at, item, wall));
  }
  const entries = [...found.values()];
  for (const entry of entries) if (entry.items.length > 1) settle(entry);
  return inTime(entries);
}

function entryOf(key: string, at: number, first: CalendarItem, wall: Wall): Entry {
  const local = wall.local(at);
  return {
    key,
    post: first.post,
    at,
    local,
    day: dayOf(local),
    items: [first],
    channels: [first.channel],
    madeBy: first.made_by,
    state: stateOf(first),
    text: first.text,
    thumbnail: first.thumbnail ?? undefined,
    media: first.media,
    parts: first.parts,
    series: first.series ?? undefined,
  };
}

/** What an entry says once all its channels are known. */
function settle(entry: Entry): void {
  entry.state = worst(entry.items.map((item) => ({ state: stateOf(item) })));
  entry.channels = [...new Set(entry.items.map(({ channel }) => channel))];
  entry.series = entry.items.find(({ series }) => series)?.series ?? undefined;
  entry.thumbnail = entry.items.find((item) => item.thumbnail)?.thumbnail ?? undefined;
}

/** Entries in the order of time. The server sends them so; only drafts and what was moved here stand elsewhere. */
export function inTime(entries: Entry[]): Entry[] {
  const isInOrder = entries.every((entry, place) => place === 0 || (entries[place - 1]?.at ?? 0) <= entry.at);
  return isInOrder ? entries : entries.sort((one, other) => one.at - other.at);
}

export function byDay(entries: readonly Entry[]): Map<number, Entry[]> {
  const days = new Map<number, Entry[]>();
  for (const entry of entries) {
    const known = days.get(entry.day);
    if (known) known.push(entry);
    else days.set(entry.day, [entry]);
  }
  return days;
}

/** How many channels of an entry are live. */
export function live(entry: Entry): number {
  return entry.items.filter(({ state }) => state === 'published').length;
}

/* What can be moved. */

const MOVABLE: PublicationState[] = ['scheduled', 'parked', 'missed'];

export function movable(entry: Entry): CalendarItem[] {
  // An occurrence that is on hold or was missed is decided on the post's page.
  return entry.items.filter(({ state, series }) => (series ? state === 'scheduled' : MOVABLE.includes(state)));
}

/** Why an entry stays where it is. */
export type Stuck = 'draft' | 'recurs' | 'onItsWay' | 'needsEyes' | 'failed' | 'published' | 'cancelled' | 'deleted';

export function stuck(entry: Entry): Stuck | undefined {
  if (entry.state === 'draft' || entry.state === 'in_review') return 'draft';
  if (movable(entry).length > 0) return undefined;
  if (entry.items.some(({ state, series }) => series && MOVABLE.includes(state))) return 'recurs';
  if (['armed', 'processing', 'unknown'].includes(entry.state)) return 'onItsWay';
  if (entry.state === 'needs_eyes') return 'needsEyes';
  if (entry.state === 'failed') return 'failed';
  return entry.state === 'cancelled' || entry.state === 'deleted' ? entry.state : 'published';
}

/** What can be unscheduled: nothing of it may be on its way or live. */
export function unschedulable(entry: Entry): CalendarItem[] {
  return entry.items.filter(({ state }) => ['scheduled', 'parked', 'missed', 'failed'].includes(state));
}

/* Filters. */

export type StateGroup = 'draft' | 'scheduled' | 'publishing' | 'published' | 'needs_you' | 'failed' | 'cancelled';

/** The states as people ask for them. */
export const STATE_GROUPS: Record<StateGroup, EntryState[]> = {
  draft: [],
  scheduled: ['scheduled'],
  publishing: ['armed', 'processing', 'unknown'],
  published: ['published'],
  needs_you: ['needs_eyes', 'parked', 'missed', 'no_longer_fits'],
  failed: ['failed'],
  cancelled: ['cancelled', 'deleted'],
};

export interface Filters {
  channels: readonly string[];
  states: readonly StateGroup[];
  words: string;
}

/** What was unscheduled is not in the way unless someone asks for it. */
export function filtered(items: readonly CalendarItem[], { channels, states, words }: Filters): CalendarItem[] {
  const wanted = new Set<EntryState>(
    states.length > 0
      ? states.flatMap((group) => STATE_GROUPS[group])
      : WORST_FIRST.filter((state) => state !== 'cancelled'),
  );
  const on = new Set(channels);
  return items.filter(
    (item) =>
      (wanted.has(item.state) || wanted.has(stateOf(item))) &&
      (on.size === 0 || on.has(item.channel)) &&
      fitsWords(item.text, words),
  );
}

/** Whether a text has all of some words, in any order. */
export function fitsWords(text: string, words: string): boolean {
  if (words.trim() === '') return true;
  const low = text.toLocaleLowerCase();
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
}
