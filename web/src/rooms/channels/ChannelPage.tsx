import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChannels, usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Card, Section } from '@/design/Card';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { ButtonLink, ExternalLink, PlainLink } from '@/design/Link';
import { Page, useTitle } from '@/design/PageHeader';
import { Bone, Skeleton } from '@/design/Skeleton';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';
import { ChannelAvatar } from '@/parts/ChannelAvatar';
import { takesPosts } from '@/parts/posting';
import { ChannelBadge, NextSlot, Why } from './ChannelRow';
import { DisconnectDialog } from './DisconnectDialog';
import { Fetching } from './Fetching';
import { health } from './health';
import { LimitsTable } from './LimitsTable';
import { Mend, Reconnect } from './Mend';
import { CheckNow, MoreOfAccount } from './MoreOfAccount';
import { PauseDialog } from './PauseDialog';
import { PermissionsTable } from './PermissionsTable';
import { type Queue, useQueues } from './queue';
import { SlotEditor } from './SlotEditor';

/** One channel: how it is, when its queue is published, what it may do and what it takes. */
export function ChannelPage() {
  const { t } = useTranslation('channels');
  const { channel: id } = useParams({ from: '/inside/channels/$channel' });
  const mayRead = useMay('channels:read');
  const channels = useChannels();
  const channel = channels.data?.find((one) => one.id === id);
  if (!mayRead) return <Forbidden permission="channels:read" />;
  if (channels.error) {
    return (
      <Page narrow>
        <ErrorState problem={channels.error} onRetry={() => void channels.refetch()} />
      </Page>
    );
  }
  if (channels.isPending) return <Bones />;
  if (!channel) {
    return (
      <EmptyState
        isPage
        icon="unplug"
        title={t('gone.title')}
        action={<ButtonLink to="/channels">{t('gone.back')}</ButtonLink>}
      >
        {t('gone.body')}
      </EmptyState>
    );
  }
  return <Known channel={channel} />;
}

function Known({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const queues = useQueues(useMemo(() => [channel], [channel]));
  const queue = queues.of(channel.id);
  useTitle(channel.name);
  useBack(channel);
  return (
    <Page narrow className="gap-8">
      <div className="flex flex-col gap-4">
        <PlainLink
          to="/channels"
          className="-ml-1 flex min-h-11 items-center gap-1 self-start px-1 text-small font-medium text-quiet data-hovered:text-ink md:min-h-6"
        >
          <Icon name="chevron-left" className="size-4" />
          {t('title')}
        </PlainLink>
        <Head channel={channel} queue={queue} />
        <Facts channel={channel} queue={queue} isPending={queues.isPending} />
      </div>
      {takesPosts(channel) ? (
        <Section title={t('slots.title')} hint={t('slots.hint')}>
          <div id="slots" className="scroll-mt-4">
            <SlotEditor channel={channel} />
          </div>
        </Section>
      ) : (
        <Purpose channel={channel} />
      )}
      <PermissionsTable channel={channel} />
      <LimitsTable channel={channel} />
      <Fetching channel={channel} />
      <MoreOfAccount channel={channel} />
      <Ending channel={channel} queue={queue} />
    </Page>
  );
}

/** What a channel for messages is used for, and what that means for what people write. */
function Purpose({ channel: { platform: id, purpose } }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(id)?.name ?? id;
  return (
    <Section title={t('purpose.title')} hint={t('purpose.hint', { platform })}>
      <Card className="flex flex-col gap-1 p-4">
        <p className="font-medium">{t(`purpose.${purpose ?? 'notices'}.name`)}</p>
        <p className="text-body text-quiet">{t(`purpose.${purpose ?? 'notices'}.means`)}</p>
      </Card>
    </Section>
  );
}

/** Says that the way to the consent page and back did its work. */
function useBack(channel: ChannelBody): void {
  const { t } = useTranslation('channels');
  const { back } = useSearch({ from: '/inside/channels/$channel' });
  const navigate = useNavigate();
  useEffect(() => {
    if (!back) return;
    toast({ title: t('reconnected', { name: channel.name }) });
    void navigate({ to: '/channels/$channel', params: { channel: channel.id }, replace: true });
  }, [back, channel, navigate, t]);
}

function Head({ channel, queue }: { channel: ChannelBody; queue: Queue }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform);
  const mayManage = useMay('channels:manage');
  const [isPausing, setPausing] = useState(false);
  const how = health(channel, queue.slots?.length);
  return (
    <header className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-4">
        <div className="flex min-w-0 flex-1 basis-64 items-center gap-4">
          <ChannelAvatar channel={channel} size="large" />
          <div className="flex min-w-0 flex-col gap-0.5">
            <h1 className="text-title font-semibold wrap-anywhere md:text-display">{channel.name}</h1>
            <ExternalLink href={channel.url} className="self-start">
              <span className="min-w-0 wrap-anywhere">{channel.handle}</span>
            </ExternalLink>
          </div>
        </div>
        {mayManage && (
          <div className="flex flex-wrap gap-2">
            <CheckNow channel={channel} />
            {how !== 'reconnect' && how !== 'partly' && <Reconnect channel={channel} />}
            {channel.state === 'active' && (
              <Button small icon="pause" onPress={() => setPausing(true)}>
                {t('pause.begin')}
              </Button>
            )}
          </div>
        )}
      </div>
      <Card className="flex flex-col gap-3 p-4 sm:flex-row sm:items-center sm:justify-between">
        <div className="flex min-w-0 flex-col items-start gap-1.5">
          <ChannelBadge channel={channel} how={how} />
          {how === 'well' || how === 'no-slots' ? (
            <p className="text-body text-quiet">
              {t(takesPosts(channel) ? 'well' : 'wellMessages', { platform: platform?.name ?? channel.platform })}
            </p>
          ) : (
            <Why channel={channel} how={how} className="text-body!" />
          )}
        </div>
        {how !== 'no-slots' && <Mend channel={channel} health={how} />}
      </Card>
      {isPausing && <PauseDialog channel={channel} onClose={() => setPausing(false)} />}
    </header>
  );
}

function Facts({ channel, queue, isPending }: { channel: ChannelBody; queue: Queue; isPending: boolean }) {
  const { t } = useTranslation('channels');
  const { zone } = useWorkspace();
  const bone = <Bone className="h-5 w-24" />;
  return (
    <dl className="grid grid-cols-1 gap-x-6 gap-y-4 sm:grid-cols-3">
      {takesPosts(channel) && (
        <>
          <Fact title={t('waiting.title')}>
            {isPending ? bone : t('waiting.posts', { count: queue.waiting })}
            {queue.asking > 0 && (
              <span className="block text-small font-medium text-state-needs">
                {t('waiting.asking', { count: queue.asking })}
              </span>
            )}
          </Fact>
          <Fact title={t('waiting.slot')}>{isPending ? bone : <NextSlot queue={queue} />}</Fact>
        </>
      )}
      <Fact title={t('connectedAt')}>
        <When at={channel.made_at} zone={zone} shape="date" />
        {channel.connected_by !== channel.handle && (
          <span className="block text-small wrap-anywhere text-quiet">
            {t('by', { account: channel.connected_by })}
          </span>
        )}
      </Fact>
    </dl>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-small text-quiet">{title}</dt>
      <dd className="tabular">{children}</dd>
    </div>
  );
}

/** The end of the page is the end of the channel. */
function Ending({ channel, queue }: { channel: ChannelBody; queue: Queue }) {
  const { t } = useTranslation('channels');
  const mayManage = useMay('channels:manage');
  const [isOpen, setOpen] = useState(false);
  if (!mayManage) return null;
  return (
    <Section title={t('disconnect.section')} hint={t('disconnect.hint')}>
      <Button icon="unplug" className="self-start" onPress={() => setOpen(true)}>
        {t('disconnect.open')}
      </Button>
      {isOpen && <DisconnectDialog channel={channel} queue={queue} onClose={() => setOpen(false)} />}
    </Section>
  );
}

function Bones() {
  return (
    <Page narrow className="gap-8">
      <Skeleton rows={1} />
      <Bone className="h-20 w-full rounded-card" />
      <Bone className="h-64 w-full rounded-card" />
      <Bone className="h-64 w-full rounded-card" />
    </Page>
  );
}
