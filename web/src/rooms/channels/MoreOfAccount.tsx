import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { usePlatform } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { ChannelBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { Section } from '@/design/Card';
import { useProblemWords } from '@/design/ErrorState';
import { toast } from '@/design/Toast';
import { isCutOff } from './health';
import { useRefresh } from './Mend';

/** More channels of the account that this one was connected by, without signing in there again. */
export function MoreOfAccount({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform)?.name ?? channel.platform;
  const mayManage = useMay('channels:manage');
  const navigate = useNavigate();
  const { act, isPending } = useAct(async () => {
    const params = { path: { channel: channel.id } };
    const { data } = await withIdentity(() => api.POST('/v1/channels/{channel}/more', { params }));
    if (data) await navigate({ to: '/channels', search: { choose: data.id } });
  });
  if (!mayManage || !channel.gives_more || isCutOff(channel)) return null;
  return (
    <Section title={t('more.title')} hint={t('more.hint', { account: channel.connected_by, platform })}>
      <Button icon="plus" className="self-start" isPending={isPending} onPress={act}>
        {t('more.act')}
      </Button>
    </Section>
  );
}

/** Asks the platform how a channel is now. */
export function CheckNow({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const refresh = useRefresh();
  const { act, isPending } = useAct(async () => {
    const params = { path: { channel: channel.id } };
    const { data } = await api.POST('/v1/channels/{channel}/refresh', { params });
    await refresh();
    if (data && !isCutOff(data)) toast({ title: t('checked', { name: data.name }) });
  });
  return (
    <Button small icon="refresh" isPending={isPending} onPress={act}>
      {t('check')}
    </Button>
  );
}

/** Does something once at a time; what went wrong is told in passing. */
function useAct(work: () => Promise<void>) {
  const words = useProblemWords();
  const [isPending, setPending] = useState(false);
  async function act() {
    setPending(true);
    try {
      await work();
    } catch (error) {
      const said = words(asProblem(error));
      toast({ kind: 'failed', title: said.title, detail: said.detail || said.remedy });
    }
    setPending(false);
  }
  return { act: () => void act(), isPending };
}
