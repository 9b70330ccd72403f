import type { PublicationBody, Telling } from '@/api/schema';

/** The story of a post, told so that someone who knows nothing of journals can follow it. */

/** What happened, of all that the journal knows; the rest is for those who look closer. */
const TOLD = [
  'made',
  'edited',
  'scheduled',
  'moved',
  'in_doubt',
  'absence_proven',
  'published',
  'part_live',
  'confirmed',
  'failed',
  'needs_eyes',
  'parked',
  'missed',
  'cancelled',
  'dropped',
  'sent_again',
  'disconnected',
  'duplicate_found',
  'deleted_there',
  'changed_there',
  'change_refused',
  'change_in_doubt',
  'delete_refused',
  'restored',
] as const;

export type Told = (typeof TOLD)[number];

export interface Step {
  key: string;
  at: string;
  act: Told;
  actor: string;
  /** The channels it happened on; empty for the post as a whole. */
  channels: string[];
  /** Where something was moved to, or how many parts were live. */
  to?: string;
  /** What the network or Fanfare said about it. */
  detail?: string;
}

/** The journal's acts by the words they are told with. An attempt that was accepted has made a part live. */
function toldAs(telling: Telling, publication: PublicationBody): Told | undefined {
  const { act, part } = telling;
  if (act === 'accepted' || (act === 'confirmed' && part !== undefined && part !== null)) {
    return part === publication.parts - 1 ? 'published' : 'part_live';
  }
  if (act === 'confirmed') return telling.actor.startsWith('system:') ? undefined : 'confirmed';
  return TOLD.find((known) => known === act);
}

function stepOf(telling: Telling, publication: PublicationBody): Step | undefined {
  const act = toldAs(telling, publication);
  if (!act) return undefined;
  const { at, actor, detail } = telling;
  const step: Step = { key: '', at, act, actor, channels: [publication.channel] };
  if (act === 'moved') {
    return telling.to ? { ...step, to: telling.to } : step;
  }
  if (act === 'part_live') return { ...step, to: String((telling.part ?? 0) + 1) };
  const isSaid = [
    'failed',
    'needs_eyes',
    'parked',
    'missed',
    'duplicate_found',
    'change_refused',
    'change_in_doubt',
    'delete_refused',
  ];
  return detail && isSaid.includes(act) ? { ...step, detail } : step;
}

/** What happened on one channel, oldest first. */
export function stepsOf(publication: PublicationBody, story: readonly Telling[]): Step[] {
  return story.map((telling) => stepOf(telling, publication)).filter((step) => step !== undefined);
}

/** One telling for what happened on several channels in the same minute. */
export function together(steps: readonly Step[]): Step[] {
  const found = new Map<string, Step>();
  const sorted = [...steps].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  for (const step of sorted) {
    const minute = Math.floor(Date.parse(step.at) / 60_000);
    const key = [step.act, step.actor, minute, step.to ?? '', step.detail ?? ''].join(' ');
    const known = found.get(key);
    if (!known) found.set(key, { ...step, key, channels: [...step.channels] });
    else known.channels.push(...step.channels.filter((channel) => !known.channels.includes(channel)));
  }
  return [...found.values()];
}

/* Evidence: what is known about the attempt that no one can decide. */

export interface Evidence {
  /** The part that may be live, from 0. */
  part: number;
  sentAt: string | undefined;
  /** Why it is not known what became of it. */
  lost: string | undefined;
  looks: Look[];
  /** How many looks there were in all. */
  count: number;
}

/** Looks one after another that found the same. */
export interface Look {
  from: string;
  until: string;
  count: number;
  found: string | undefined;
}

function grouped(looks: readonly Telling[]): Look[] {
  const found: Look[] = [];
  for (const { at, detail } of looks) {
    const last = found.at(-1);
    if (last && last.found === (detail ?? undefined)) {
      last.until = at;
      last.count += 1;
    } else found.push({ from: at, until: at, count: 1, found: detail ?? undefined });
  }
  return found;
}

export function evidenceOf(story: readonly Telling[]): Evidence {
  const armed = story.filter(({ act }) => act === 'armed');
  const last = armed.at(-1);
  const since = story.filter(({ act }) => act === 'looked_up');
  return {
    part: last?.part ?? 0,
    sentAt: last?.at,
    lost: story.filter(({ act }) => act === 'in_doubt').at(-1)?.detail ?? undefined,
    looks: grouped(since),
    count: since.length,
  };
}

/** What proves that it is live, as the journal has it. */
export function proofOf(story: readonly Telling[]): string | undefined {
  return story.filter(({ proof }) => proof).at(-1)?.proof ?? undefined;
}

export function attemptsOf(story: readonly Telling[]): number {
  return story.filter(({ act }) => act === 'armed').length;
}

/* What the platform itself said. */

/** Where networks put their words, the most telling first. */
const WORDS = ['detail', 'message', 'error_description', 'error_message', 'title', 'error', 'reason'];
/** How deep an answer is looked through. */
const DEPTH = 4;
const LENGTH_MAX = 400;

function wordsIn(answer: unknown, depth = DEPTH): string | undefined {
  if (typeof answer === 'string') {
    const text = answer.trim();
    // A page of markup or a bare code tells no one anything.
    return text.includes(' ') && !text.startsWith('<') && !text.startsWith('{') ? text.slice(0, LENGTH_MAX) : undefined;
  }
  if (depth === 0 || typeof answer !== 'object' || answer === null) return undefined;
  if (Array.isArray(answer)) return first(answer.map((one) => wordsIn(one, depth - 1)));
  const known = answer as Record<string, unknown>;
  const named = WORDS.filter((name) => name in known).map((name) => wordsIn(known[name], depth - 1));
  const nested = Object.values(known).filter((value) => typeof value === 'object');
  return first([...named, ...nested.map((value) => wordsIn(value, depth - 1))]);
}

function first(all: readonly (string | undefined)[]): string | undefined {
  return all.find((one) => one !== undefined);
}

/** The platform's own words in its last refusal, if it found any: they stand beside ours. */
export function saidByPlatform(story: readonly Telling[]): string | undefined {
  const exchanges = story.flatMap(({ exchanges = [] }) => exchanges);
  const last = exchanges.at(-1);
  if (!last || last.status === undefined || last.status === null || last.status < 400) return undefined;
  return wordsIn(last.response);
}
