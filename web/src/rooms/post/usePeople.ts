import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMe } from '@/api/hooks';
import { useMay } from '@/app/session';

/** Who did something, by what the journal calls them: a person of the workspace, a key, or Fanfare itself. */
export function useActorWords(): (actor: string) => string {
  const { t } = useTranslation('post');
  const { id } = useMe();
  const mayRead = useMay('members:read');
  const members = query.useQuery('get', '/v1/members', {}, { enabled: mayRead, staleTime: 300_000 }).data?.items;
  return useCallback(
    (actor) => {
      if (actor.startsWith('system:')) return t('actor.fanfare');
      if (actor === id) return t('actor.you');
      if (!actor.startsWith('person')) return t('actor.key');
      return members?.find(({ person }) => person === actor)?.name ?? t('actor.somebody');
    },
    [t, id, members],
  );
}
