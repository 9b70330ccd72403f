import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { usePlatform } from '@/api/hooks';
import { asProblem, type Problem } from '@/api/problem';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { Page, PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { ChooseTargets } from '@/parts/ChooseTargets';
import { useRefresh } from './Mend';

/** An account gives several channels: which of them are connected. */
export function ChooseChannels({ connection }: { connection: string }) {
  const { t } = useTranslation('channels');
  const navigate = useNavigate();
  const refresh = useRefresh();
  const params = { path: { connection } };
  const asked = query.useQuery('get', '/v1/connections/{connection}', { params });
  const platform = usePlatform(asked.data?.platform ?? '')?.name ?? t('refused.platform');
  const [problem, setProblem] = useState<Problem>();
  const [isPending, setPending] = useState(false);
  async function choose(channels: string[]) {
    setPending(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST('/v1/connections/{connection}/channels', { params, body: { channels } });
      await refresh();
      const first = data?.channels.find(({ id }) => !data.renewed.includes(id)) ?? data?.channels[0];
      await navigate({ to: '/channels', search: first ? { connected: first.id } : {}, replace: true });
    } catch (error) {
      setProblem(asProblem(error));
      setPending(false);
    }
  }
  const back = <ButtonLink to="/channels">{t('gone.back')}</ButtonLink>;
  if (asked.error) {
    return (
      <Page narrow>
        <ErrorState problem={asked.error} onRetry={() => void asked.refetch()} />
      </Page>
    );
  }
  if (!asked.data) {
    return (
      <Page narrow>
        <Skeleton rows={5} />
      </Page>
    );
  }
  const { state, targets, left_out: leftOut } = asked.data;
  if (state !== 'choosing' || targets.length === 0) {
    return (
      <EmptyState isPage icon="unplug" title={t('chooseTargets.over')} action={back}>
        {t('chooseTargets.overHint')}
      </EmptyState>
    );
  }
  const isAllHere = targets.every((target) => target.state === 'connected');
  return (
    <Page narrow className="gap-6">
      <PageHeader title={t('chooseTargets.title', { platform })} hint={t('chooseTargets.hint')} />
      {isAllHere ? (
        <EmptyState icon="check-circle" title={t('chooseTargets.allHere')} action={back}>
          {t('chooseTargets.allHereHint', { platform })}
        </EmptyState>
      ) : (
        <ChooseTargets
          targets={targets}
          isPending={isPending}
          problem={problem}
          onChoose={(keys) => void choose(keys)}
        />
      )}
      {leftOut > 0 && <p className="measure text-quiet">{t('chooseTargets.leftOut', { count: leftOut, platform })}</p>}
    </Page>
  );
}
