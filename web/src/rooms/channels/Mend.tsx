import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { usePlatform } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { ChannelBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { useProblemWords } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { toast } from '@/design/Toast';
import { ConnectDialog } from '@/parts/ConnectDialog';
import { type Health, missed } from './health';

/** The button that fixes a channel. Nothing if the problem ends by itself, or there is none. */
export function Mend({ channel, health }: { channel: ChannelBody; health: Health }) {
  const { t } = useTranslation('channels');
  const mayManage = useMay('channels:manage');
  if (!mayManage) return null;
  if (health === 'reconnect') return <Reconnect channel={channel} isUrgent />;
  if (health === 'partly') return <Reconnect channel={channel} wants={missed(channel)} />;
  if (health === 'paused') return <Resume channel={channel} />;
  if (health === 'no-slots') {
    return (
      <ButtonLink small to="/channels/$channel" params={{ channel: channel.id }} hash="slots" icon="plus">
        {t('mend.slots')}
      </ButtonLink>
    );
  }
  return null;
}

function Resume({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const resume = useResume(channel);
  return (
    <Button small icon="play" isPending={resume.isPending} onPress={resume.act}>
      {t('mend.resume')}
    </Button>
  );
}

function useResume(channel: ChannelBody) {
  const { t } = useTranslation('channels');
  const words = useProblemWords();
  const resume = query.useMutation('delete', '/v1/channels/{channel}/pause');
  const refresh = useRefresh();
  async function act() {
    try {
      await resume.mutateAsync({ params: { path: { channel: channel.id } } });
      toast({ title: t('resumed', { name: channel.name }), detail: t('resumedDetail') });
    } catch (error) {
      const said = words(asProblem(error));
      toast({ kind: 'failed', title: said.title, detail: said.detail || said.remedy });
    }
    await refresh();
  }
  return { act: () => void act(), isPending: resume.isPending };
}

/** Reads the channels again: for what changes them without an event. */
export function useRefresh(): () => Promise<void> {
  const { refetch } = query.useQuery('get', '/v1/channels');
  return async () => {
    await refetch();
  };
}

/** Signs in at the platform anew: because the login has ended, or to give permissions that are missing. */
export function Reconnect({
  channel,
  wants,
  isUrgent,
}: {
  channel: ChannelBody;
  wants?: string[];
  isUrgent?: boolean;
}) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform);
  const refresh = useRefresh();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        small
        look={isUrgent ? 'solid' : 'plain'}
        icon={wants ? 'plus' : 'plug'}
        isDisabled={!platform}
        onPress={() => setOpen(true)}
      >
        {wants ? t('mend.permissions') : t('mend.reconnect')}
      </Button>
      {isOpen && platform && (
        <ConnectDialog
          platform={platform}
          reconnects={channel}
          {...(wants ? { wants } : {})}
          onClose={() => setOpen(false)}
          onConnected={() => {
            setOpen(false);
            toast({ title: t('reconnected', { name: channel.name }) });
            void refresh();
          }}
        />
      )}
    </>
  );
}
