import { Navigate, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChannels, usePlatforms } from '@/api/hooks';
import type { ChannelBody, PlatformBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { Page, PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { List } from '@/design/Table';
import { ConnectDialog } from '@/parts/ConnectDialog';
import { cameFrom, forgetWhereFrom } from '@/parts/connecting';
import { PlatformCards } from '@/parts/PlatformCards';
import { ChannelRow } from './ChannelRow';
import { ChooseChannels } from './ChooseChannels';
import { JustConnected, Refused } from './ConnectOutcome';
import { reconnectGroups } from './groups';
import { worstFirst } from './health';
import { useQueues } from './queue';
import { ReconnectGroups } from './ReconnectGroups';

/** The connected accounts, the worst first. A platform's consent page comes back here. */
export function Channels() {
  const { t } = useTranslation('channels');
  const mayRead = useMay('channels:read');
  const mayManage = useMay('channels:manage');
  const { connected, refused, platform, attempt, connect, choose } = useSearch({ from: '/inside/channels' });
  const navigate = useNavigate();
  const channels = useChannels();
  const [from] = useState(() => (connected ? cameFrom() : '/'));
  useEffect(forgetWhereFrom, []);
  const go = (search: { connected?: string; connect?: string }) =>
    void navigate({ to: '/channels', search, replace: true });
  const platforms = usePlatforms();
  const chosen = platforms.data?.find(({ id }) => id === connect);
  function onConnected([first]: ChannelBody[]) {
    void channels.refetch();
    go(first ? { connected: first.id } : {});
  }
  if (!mayRead) return <Forbidden permission="channels:read" />;
  // After reconnecting from a channel's page, return to that page.
  if (connected && from === `/channels/${connected}`) {
    return <Navigate to="/channels/$channel" params={{ channel: connected }} search={{ back: true }} replace />;
  }
  if (choose && mayManage) return <ChooseChannels key={choose} connection={choose} />;
  const isEmpty = channels.data?.length === 0;
  return (
    <Page>
      <PageHeader
        title={t('title')}
        hint={t('hint')}
        actions={
          mayManage &&
          !isEmpty && (
            <Button look="solid" icon="plus" onPress={() => go({ connect: 'choose' })}>
              {t('connect')}
            </Button>
          )
        }
      />
      {refused && (
        <Refused
          reason={refused}
          {...(platform ? { platform } : {})}
          {...(attempt ? { attempt } : {})}
          onDone={() => go({})}
        />
      )}
      {connected && channels.data && <JustConnected channels={channels.data} first={connected} onDone={() => go({})} />}
      {channels.isPending && <Bones />}
      {channels.error && <ErrorState problem={channels.error} onRetry={() => void channels.refetch()} />}
      {channels.data && !isEmpty && <Connected channels={channels.data} />}
      {isEmpty && (mayManage ? <First onChoose={({ id }) => go({ connect: id })} /> : <NoneYet />)}
      {mayManage && connect === 'choose' && (
        <Dialog title={t('choose')} wide isOpen onOpenChange={(isOpen) => !isOpen && go({})}>
          <div className="flex flex-col gap-4">
            <p className="text-quiet">{t('chooseHint')}</p>
            <PlatformCards onChoose={({ id }) => go({ connect: id })} />
          </div>
        </Dialog>
      )}
      {mayManage && chosen && <ConnectDialog platform={chosen} onClose={() => go({})} onConnected={onConnected} />}
    </Page>
  );
}

function Connected({ channels }: { channels: ChannelBody[] }) {
  const { t } = useTranslation('channels');
  const queues = useQueues(channels);
  const sorted = worstFirst(channels, (id) => queues.of(id).slots?.length);
  const groups = reconnectGroups(channels);
  const inGroups = new Set(groups.flat().map(({ id }) => id));
  return (
    <>
      <ReconnectGroups groups={groups} />
      <List label={t('title')}>
        {sorted.map((channel) => (
          <ChannelRow
            key={channel.id}
            channel={channel}
            queue={queues.of(channel.id)}
            isPending={queues.isPending}
            isGrouped={inGroups.has(channel.id)}
          />
        ))}
      </List>
    </>
  );
}

/** Nothing is connected yet, and the person can do it: the platforms stand on the page itself. */
function First({ onChoose }: { onChoose: (platform: PlatformBody) => void }) {
  const { t } = useTranslation('channels');
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <div className="flex flex-col gap-1">
        <h2 className="text-read font-semibold">{t('first.title')}</h2>
        <p className="measure text-quiet">{t('first.body')}</p>
      </div>
      <PlatformCards onChoose={onChoose} />
    </div>
  );
}

function NoneYet() {
  const { t } = useTranslation('channels');
  return (
    <EmptyState icon="plug" title={t('none.title')}>
      {t('none.body')}
    </EmptyState>
  );
}

function Bones() {
  return (
    <div className="rounded-card border border-line bg-surface p-4">
      <Skeleton rows={4} className="gap-8" />
    </div>
  );
}
