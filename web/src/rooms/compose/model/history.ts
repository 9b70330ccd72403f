import type { Draft, Whose } from './draft';
import { inverse, isSame } from './inverse';
import type { Part } from './parts';

/**
 * What a draft was before, step by step, so that whatever was done to it can be taken back: words and structure in one order.
 * Letters that are typed in a row are one step. Pure: every function gives a new history.
 */
export interface History {
  now: Draft;
  /** Oldest first. */
  past: Step[];
  /** What was taken back, the next to be done again last. */
  future: Step[];
}

interface Step {
  /** The draft on the other side of the step. */
  draft: Draft;
  /** The one string that was typed in, by its path; none for any other change. */
  typed?: Typing;
}

interface Typing {
  path: string;
  /** Whether it got longer. */
  grows: boolean;
  /** When the row of letters began and when the last one came, in milliseconds. */
  begun: number;
  last: number;
}

/** More steps than anyone takes back; the oldest are forgotten. */
const STEPS_MAX = 500;
/** Who pauses for so long begins another step. */
const PAUSE_MS = 1_000;
/** Who never pauses gets a step after so long. */
const ROW_MAX_MS = 5_000;
/** More letters at once are not typed but pasted. */
const TYPED_MAX = 8;

export function beginHistory(draft: Draft): History {
  return { now: draft, past: [], future: [] };
}

/** The draft was changed. What had been taken back cannot be done again any more. */
export function record(history: History, next: Draft, at: number): History {
  const { now, past } = history;
  if (isSame(now, next)) return { ...history, now: next };
  const typed = typing(now, next, at);
  const last = past.at(-1);
  if (typed && last?.typed && goesOn(last.typed, typed) && history.future.length === 0) {
    const row = { ...last.typed, last: at };
    return { now: next, past: [...past.slice(0, -1), { draft: last.draft, typed: row }], future: [] };
  }
  const step: Step = typed ? { draft: now, typed } : { draft: now };
  return { now: next, past: [...past, step].slice(-STEPS_MAX), future: [] };
}

function goesOn(row: Typing, next: Typing): boolean {
  const inTime = next.last - row.last <= PAUSE_MS && next.last - row.begun <= ROW_MAX_MS;
  return inTime && row.path === next.path && row.grows === next.grows;
}

/** What was typed, if a few letters in one string are the whole difference. */
function typing(before: Draft, after: Draft, at: number): Typing | undefined {
  const found = differences(before, after, '');
  const [only] = found;
  if (!only || found.length > 1 || typeof only.from !== 'string' || typeof only.to !== 'string') return undefined;
  const longer = only.to.length - only.from.length;
  if (Math.abs(longer) > TYPED_MAX) return undefined;
  return { path: only.path, grows: longer >= 0, begun: at, last: at };
}

interface Difference {
  path: string;
  from: unknown;
  to: unknown;
}

/** Where two values differ, down to what is no list and has no fields. Same objects are not looked into. */
function differences(from: unknown, to: unknown, path: string): Difference[] {
  if (from === to) return [];
  const isBoth = typeof from === 'object' && typeof to === 'object' && from !== null && to !== null;
  if (!isBoth || Array.isArray(from) !== Array.isArray(to)) return [{ path, from, to }];
  const [one, other] = [from as Record<string, unknown>, to as Record<string, unknown>];
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].flatMap((name) => differences(one[name], other[name], `${path}/${name}`));
}

export function undo(history: History): History {
  const step = history.past.at(-1);
  if (!step) return history;
  return {
    now: step.draft,
    past: history.past.slice(0, -1),
    future: [...history.future, { ...step, draft: history.now }],
  };
}

export function redo(history: History): History {
  const step = history.future.at(-1);
  if (!step) return history;
  return {
    now: step.draft,
    past: [...history.past, { ...step, draft: history.now }],
    future: history.future.slice(0, -1),
  };
}

/** Takes one change back, and nothing that was done since. That is a step of its own, unless the change was the last one. */
export function takeBack(history: History, before: Draft, after: Draft, at: number): History {
  const last = history.past.at(-1);
  if (last && isSame(history.now, after) && isSame(last.draft, before)) return undo(history);
  return record(history, inverse(history.now, before, after), at);
}

/**
 * Says something of all drafts at once that is no act of anyone: a file has arrived, or will not. Taking back and doing again
 * keep to it.
 */
export function rewrite(history: History, change: (draft: Draft) => Draft): History {
  const all = (steps: Step[]) => steps.map((step) => ({ ...step, draft: change(step.draft) }));
  return { now: change(history.now), past: all(history.past), future: all(history.future) };
}

/** Where two drafts differ first: whose text, which part, and where the cursor belongs in the second one. */
export interface Spot {
  whose: Whose;
  part: string | undefined;
  at: number | undefined;
}

export function spotOf(before: Draft, after: Draft): Spot | undefined {
  if (before.parts !== after.parts) {
    const spot = inParts(before.parts, after.parts);
    if (spot) return { whose: undefined, ...spot };
  }
  for (const target of after.targets) {
    const was = before.targets.find(({ channel }) => channel === target.channel);
    if (!was || isSame(was, target)) continue;
    const spot = inParts(was.own ?? before.parts, target.own ?? after.parts);
    return { whose: target.channel, part: spot?.part, at: spot?.at };
  }
  return undefined;
}

function inParts(before: Part[], after: Part[]): Omit<Spot, 'whose'> | undefined {
  for (const part of after) {
    const was = before.find(({ key }) => key === part.key);
    if (was === part || isSame(was, part)) continue;
    if (!was || was.text === part.text) return { part: part.key, at: was ? undefined : part.text.length };
    return { part: part.key, at: endOfChange(was.text, part.text) };
  }
  const isShorter = before.some(({ key }) => !after.some((part) => part.key === key));
  const isMoved = before.some(({ key }, place) => after[place]?.key !== key);
  return isShorter || isMoved ? { part: after.at(-1)?.key, at: undefined } : undefined;
}

/** Behind the last letter of the second text that is not in the first. */
function endOfChange(before: string, after: string): number {
  let same = 0;
  const most = Math.min(before.length, after.length);
  while (same < most && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  let begin = 0;
  while (begin < most - same && before[begin] === after[begin]) begin += 1;
  return Math.max(begin, after.length - same);
}
