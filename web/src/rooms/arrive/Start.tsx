import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChannels, useMe } from '@/api/hooks';
import type { ChannelBody, PlatformBody } from '@/api/schema';
import { useFirstSteps } from '@/app/firstSteps';
import { COMPOSE } from '@/app/navigation';
import { useMay, useWorkspace } from '@/app/session';
import { StateBadge } from '@/design/Badge';
import { cx } from '@/design/cx';
import { ErrorState } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { ButtonLink, ExternalLink } from '@/design/Link';
import { Page, PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { zonePlace } from '@/design/zones';
import { ChannelAvatar } from '@/parts/ChannelAvatar';
import { ConnectDialog } from '@/parts/ConnectDialog';
import { PlatformCards } from '@/parts/PlatformCards';

/** The first steps: a workspace, a channel, a post. Each says whether it is done. */
export function Start() {
  const { t } = useTranslation('arrive');
  const me = useMe();
  const workspace = useWorkspace();
  const channels = useChannels();
  const mayConnect = useMay('channels:manage');
  const mayWrite = useMay('posts:write');
  const hasChannel = (channels.data?.length ?? 0) > 0;
  const hasPost = useFirstSteps().post ?? false;
  return (
    <Page narrow>
      <PageHeader
        title={t('start.title', { name: me.name.split(' ')[0] })}
        hint={t(hasChannel && hasPost ? 'start.hintDone' : 'start.hint')}
      />
      <ol className="flex flex-col">
        <Step isDone title={t('start.workspace', { workspace: workspace.name })}>
          <p className="text-quiet">{t('start.workspaceHint', { zone: zonePlace(workspace.zone) })}</p>
        </Step>
        <Step
          isDone={hasChannel}
          isNow={!hasChannel}
          isLast={!COMPOSE}
          title={hasChannel ? t('start.channels', { count: channels.data?.length ?? 0 }) : t('start.channel')}
        >
          {channels.isPending && <Skeleton rows={2} />}
          {channels.error && <ErrorState problem={channels.error} onRetry={() => void channels.refetch()} />}
          {channels.data && hasChannel && <Channels channels={channels.data} />}
          {channels.data && (mayConnect ? <Platforms isFirst={!hasChannel} /> : <p>{t('start.mayNot')}</p>)}
        </Step>
        {COMPOSE && (
          <Step
            isDone={hasPost}
            isNow={hasChannel && !hasPost}
            isLast
            title={t(hasPost ? 'start.posted' : 'start.post')}
          >
            <p className="text-quiet">{hasChannel ? t('start.postHint') : t('start.postLater')}</p>
            {hasChannel && mayWrite && (
              <ButtonLink to={COMPOSE} look={hasPost ? 'plain' : 'solid'} icon="plus" className="self-start">
                {t('start.compose')}
              </ButtonLink>
            )}
          </Step>
        )}
      </ol>
    </Page>
  );
}

function Step({
  title,
  isDone = false,
  isNow = false,
  isLast = false,
  children,
}: {
  title: string;
  isDone?: boolean;
  isNow?: boolean;
  isLast?: boolean;
  children: React.ReactNode;
}) {
  const { t } = useTranslation('arrive');
  return (
    <li className="relative flex gap-4 pb-8">
      {!isLast && <span className="absolute top-7 bottom-0 left-3 w-px bg-line" aria-hidden="true" />}
      <span
        className={cx(
          'z-10 flex size-6 shrink-0 items-center justify-center rounded-full border',
          isDone && 'border-state-published-tint bg-state-published-tint text-state-published',
          !isDone && isNow && 'border-brass bg-brass text-on-brass',
          !isDone && !isNow && 'border-line bg-surface text-faint',
        )}
      >
        <Icon name={isDone ? 'check' : 'arrow-right'} className="size-4" />
      </span>
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <h2 className="pt-px text-read font-semibold">
          {title}
          {isDone && <span className="sr-only"> {t('start.done')}</span>}
        </h2>
        {children}
      </div>
    </li>
  );
}

function Channels({ channels }: { channels: ChannelBody[] }) {
  const { t } = useTranslation('arrive');
  return (
    <List label={t('start.channelList')}>
      {channels.map((channel) => (
        <ListRow key={channel.id}>
          <ChannelAvatar channel={channel} />
          <div className="flex min-w-0 flex-1 flex-col">
            <span className="font-medium wrap-anywhere">{channel.name}</span>
            <ExternalLink href={channel.url} className="self-start text-small">
              <span className="min-w-0 wrap-anywhere">{channel.handle}</span>
            </ExternalLink>
          </div>
          <StateBadge state={channel.state} />
        </ListRow>
      ))}
    </List>
  );
}

/** The platforms of the installation, to connect an account at one. */
function Platforms({ isFirst }: { isFirst: boolean }) {
  const { t } = useTranslation('arrive');
  const [chosen, choose] = useState<PlatformBody>();
  return (
    <>
      <p className="text-quiet">{isFirst ? t('start.channelHint') : t('start.another')}</p>
      <PlatformCards onChoose={choose} />
      {chosen && (
        <ConnectDialog
          platform={chosen}
          onClose={() => choose(undefined)}
          onConnected={([channel]) => {
            if (channel) toast({ title: t('connected', { name: channel.name, platform: chosen.name }) });
            choose(undefined);
          }}
        />
      )}
    </>
  );
}
