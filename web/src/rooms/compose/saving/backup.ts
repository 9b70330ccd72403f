import type { Draft } from '../model/draft';

/** What was typed and is not stored yet, kept in this browser so that a reload, a crash or a dead battery loses nothing. */
export interface Backup {
  draft: Draft;
  /** The revision it was written on; none for a post that was never stored. */
  revision?: number;
  at: number;
}

const keyOf = (workspace: string, post: string | undefined) => `fanfare.compose.${workspace}.${post ?? 'new'}`;

export function keep(workspace: string, post: string | undefined, backup: Backup): void {
  try {
    localStorage.setItem(keyOf(workspace, post), JSON.stringify(backup));
  } catch {
    // Without room in the browser's storage the server's copy is the only one.
  }
}

export function forget(workspace: string, post: string | undefined): void {
  try {
    localStorage.removeItem(keyOf(workspace, post));
  } catch {
    // Nothing was kept, then.
  }
}

/** What is being stored by a page that was left. A page opened meanwhile does not find it a second time. */
const handedOver = new Set<string>();

const nameOf = (key: string, at: number) => `${key} ${at}`;

/** The page is left while something is on its way: it is forgotten when that is stored, and found again if it is not. */
export async function handOver(workspace: string, post: string | undefined, storing: Promise<boolean>): Promise<void> {
  const at = read(keyOf(workspace, post))?.at ?? 0;
  const name = nameOf(keyOf(workspace, post), at);
  handedOver.add(name);
  const isStored = await storing.catch(() => false);
  // What was typed since, on a page that was opened since, is another's.
  if (isStored && read(keyOf(workspace, post))?.at === at) forget(workspace, post);
  handedOver.delete(name);
}

export function kept(workspace: string, post: string | undefined): Backup | undefined {
  const key = keyOf(workspace, post);
  const found = read(key);
  return found && !handedOver.has(nameOf(key, found.at)) ? found : undefined;
}

function read(key: string): Backup | undefined {
  try {
    const text = localStorage.getItem(key);
    return text ? readable(JSON.parse(text)) : undefined;
  } catch {
    return undefined;
  }
}

/** One of ours, and not of an older form. Files that were on their way are gone with the page that sent them. */
function readable(found: unknown): Backup | undefined {
  const { draft, at } = (found ?? {}) as Partial<Backup>;
  if (!draft || !Array.isArray(draft.parts) || !Array.isArray(draft.targets) || typeof at !== 'number')
    return undefined;
  const arrivedOnly = (parts: Draft['parts']) =>
    parts.map((part) => ({ ...part, media: part.media.filter(({ id }) => id) }));
  const targets = (list: Draft['targets']) =>
    list.map((target) => (target.own ? { ...target, own: arrivedOnly(target.own) } : target));
  const whole = { parts: arrivedOnly(draft.parts), targets: targets(draft.targets), aside: targets(draft.aside ?? []) };
  return { ...(found as Backup), draft: whole };
}

/* The channels that someone chose last in a workspace: where their next post begins. */

const choiceKey = (workspace: string, person: string) => `fanfare.compose.${workspace}.${person}.channels`;

export function keepChoice(workspace: string, person: string, channels: string[]): void {
  try {
    localStorage.setItem(choiceKey(workspace, person), JSON.stringify(channels));
  } catch {
    // The next post begins without channels.
  }
}

/** Where a new post begins: with the last choice as far as it is still there, with the only channel, or with none. */
export function firstChoice(workspace: string, person: string, channels: string[]): string[] {
  const last = lastChoice(workspace, person).filter((id) => channels.includes(id));
  return last.length > 0 || channels.length > 1 ? last : channels;
}

function lastChoice(workspace: string, person: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(choiceKey(workspace, person)) ?? 'null');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
