import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api } from '@/api/client';
import { useMe } from '@/api/hooks';
import { meQuery } from '@/api/me';
import type { MeBody, MembershipBody } from '@/api/schema';
import { chooseWorkspace, chosenWorkspace } from '@/api/workspace';
import { queries } from './queries';
import { keepTheme } from './theme';

export { meQuery };

/** Pages that need no sign-in. */
const OUTSIDE = ['/sign-in', '/setup', '/join', '/password', '/link', '/help'];

export function isOutside(path: string): boolean {
  return OUTSIDE.some((begin) => path.startsWith(begin));
}

let early: Promise<MeBody> | undefined;

/** Asks who it is before there is a page to show. The first page that wants to know takes the answer. */
export function askEarly(): void {
  early = queries.fetchQuery(meQuery);
  early.catch(() => {});
}

/** Who is signed in. Throws the problem `unauthenticated` if no one is. */
export function whoIsIt(): Promise<MeBody> {
  const asked = early;
  early = undefined;
  return asked ?? queries.ensureQueryData(meQuery);
}

/** What only signed-in people need: read when someone goes in, or is about to. */
export const behindTheDoor = () => import('./Shell');

const INSIDE = 'fanfare.inside';

/** Whether someone was signed in here last time, and is likely to be still. Signing out makes the browser forget it. */
export function wasInside(): boolean {
  try {
    return localStorage.getItem(INSIDE) !== null;
  } catch {
    return false;
  }
}

/** Remembers, or forgets, that someone is signed in here. */
export function rememberInside(isInside: boolean): void {
  try {
    if (isInside) localStorage.setItem(INSIDE, '1');
    else localStorage.removeItem(INSIDE);
  } catch {
    // The next visit reads one thing after the other, then.
  }
}

/** The current workspace: its name, zone, and the person's role and permissions in it. */
export function useWorkspace(): MembershipBody {
  const { workspaces } = useMe();
  const found = workspaces.find((workspace) => workspace.id === chosenWorkspace()) ?? workspaces[0];
  if (!found) throw new Error('a page of a workspace was shown to someone without one');
  return found;
}

/** Whether the person has a permission in the current workspace: `useMay('posts:write')`. */
export function useMay(permission: MembershipBody['permissions'][number]): boolean {
  return useWorkspace().permissions.includes(permission);
}

/** Switches to another workspace and clears everything cached from the old one. */
export function useSwitchWorkspace(): (id: string) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (id) => {
      await queries.cancelQueries();
      chooseWorkspace(id);
      queries.removeQueries({
        predicate: ({ queryKey }) => queryKey[1] !== '/v1/me' && queryKey[1] !== '/v1/platforms',
      });
      await navigate({ to: '/' });
      await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    [navigate],
  );
}

/** Starts over as the person who has just signed in. */
export async function begin(): Promise<void> {
  chooseWorkspace(undefined);
  queries.clear();
  const { id } = await queries.fetchQuery(meQuery);
  await dropShared(id);
  rememberInside(true);
}

const PERSON = 'fanfare.person';

/** What another app shared waits for the person who shared it, not for the next one whose session begins here. */
async function dropShared(person: string): Promise<void> {
  try {
    const before = localStorage.getItem(PERSON);
    localStorage.setItem(PERSON, person);
    if (before !== null && before !== person) await caches.delete('fanfare-shared');
  } catch {
    // Without storage nothing waits here.
  }
}

/** Signs out. The server clears the browser's storage; the theme is kept, because it is not personal data. */
export async function signOut(): Promise<void> {
  await keepTheme(() => api.DELETE('/v1/session'));
  chooseWorkspace(undefined);
  rememberInside(false);
  queries.clear();
}
