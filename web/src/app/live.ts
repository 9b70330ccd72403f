import { useEffect, useSyncExternalStore } from 'react';
import type { EventBody } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import { queries } from './queries';
import { EventStream } from './stream';

/**
 * Live events of the workspace. Each event invalidates the cached queries that it affects. A room that needs more than
 * that listens with {@link useLiveEvent}.
 */
type Listener = (event: EventBody) => void;
const listeners = new Set<Listener>();

/** Which queries an event invalidates, by the prefix of its kind. A room adds its own queries here. */
const MAKES_OLD: [kind: string, paths: string[]][] = [
  ['post.', ['/v1/posts', '/v1/posts/{post}', '/v1/calendar', '/v1/publications']],
  ['series.', ['/v1/posts', '/v1/posts/{post}', '/v1/calendar']],
  ['publication.', ['/v1/posts', '/v1/posts/{post}', '/v1/calendar', '/v1/publications', '/v1/channels']],
  ['channel.', ['/v1/channels', '/v1/calendar']],
  ['media.', ['/v1/media']],
  ['member.', ['/v1/members', '/v1/me']],
  ['workspace.', ['/v1/workspaces', '/v1/me']],
  ['instance.', ['/v1/instance']],
];

/** Events come in bursts: publishing many posts causes one refetch, not hundreds. */
const GATHER_MS = 120;
let gathered = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

function isOld(path: unknown): boolean {
  return typeof path === 'string' && [...gathered].some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

function readAgain(): void {
  timer = undefined;
  void queries.invalidateQueries({ predicate: ({ queryKey }) => isOld(queryKey[1]) }).catch(() => {});
  gathered = new Set();
}

function receive(event: EventBody): void {
  for (const [kind, paths] of MAKES_OLD) if (event.kind.startsWith(kind)) paths.forEach((path) => gathered.add(path));
  if (gathered.size > 0 && timer === undefined) timer = setTimeout(readAgain, GATHER_MS);
  listeners.forEach((listener) => listener(event));
}

/** Refetches what pages loaded before the stream was connected, because it may have changed in between. */
function missed(): void {
  for (const [, paths] of MAKES_OLD) paths.forEach((path) => gathered.add(path));
  timer ??= setTimeout(readAgain, GATHER_MS);
}

const stream = new EventStream('/v1/events/stream', workspaceHeader, receive, missed);

/** Keeps the stream open while the shell is shown, with a new one for each workspace. */
export function useLive(workspace: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another workspace is another stream.
  useEffect(() => {
    stream.open();
    return () => stream.close();
  }, [workspace]);
}

/** Whether events arrive: `live`, `connecting` (again) or `closed`. */
export function useLiveState() {
  return useSyncExternalStore(stream.subscribe, () => stream.state);
}

/**
 * Listens to events whose kind has this prefix: `useLiveEvent('publication.', show)`. Pass a stable function.
 * @public
 */
export function useLiveEvent(kind: string, listener: Listener): void {
  useEffect(() => {
    const filtered: Listener = (event) => event.kind.startsWith(kind) && listener(event);
    listeners.add(filtered);
    return () => {
      listeners.delete(filtered);
    };
  }, [kind, listener]);
}
