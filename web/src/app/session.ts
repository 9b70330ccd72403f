import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, query } from '@/api/client';
import { useMe } from '@/api/hooks';
import type { MembershipBody } from '@/api/schema';
import { chooseWorkspace, chosenWorkspace } from '@/api/workspace';
import { queries } from './queries';
import { keepTheme } from './theme';

export const meQuery = query.queryOptions('get', '/v1/me');

/** The current workspace: its name, zone, and the person's role and permissions in it. */
export function useWorkspace(): MembershipBody {
  const { workspaces } = useMe();
  const found = workspaces.find((workspace) => workspace.id === chosenWorkspace()) ?? workspaces[0];
  if (!found) throw new Error('a page of a workspace was shown to somebody without one');
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
  await queries.fetchQuery(meQuery);
}

/** Signs out. The server clears the browser's storage; the theme is kept, because it is not personal data. */
export async function signOut(): Promise<void> {
  await keepTheme(() => api.DELETE('/v1/session'));
  chooseWorkspace(undefined);
  queries.clear();
}
