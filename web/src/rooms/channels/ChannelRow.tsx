import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { Badge, StateBadge } from '@/design/Badge';
import { cx } from '@/design/cx';
import { PlainLink } from '@/design/Link';
import { Bone } from '@/design/Skeleton';
import { whenText } from '@/design/When';
import { zonePlace } from '@/design/zones';
import { ChannelAvatar } from '@/parts/ChannelAvatar';
import { useFeatureWords } from '@/parts/features';
import { takesPosts } from '@/parts/posting';
import { type Health, health, missed, waitsFor } from './health';
import { Mend } from './Mend';
import type { Queue } from './queue';

/** A channel at a glance: its name, its state and why, what is scheduled on it, and the button to fix it. */
export function ChannelRow({
  channel,
  queue,
  isPending,
  isGrouped,
}: {
  channel: ChannelBody;
  queue: Queue;
  isPending: boolean;
  /** Its button stands above the list, for all channels of its account. */
  isGrouped: boolean;
}) {
  const platform = usePlatform(channel.platform);
  const how = health(channel, queue.slots?.length);
  return (
    <li className="relative flex flex-col gap-3 px-4 py-4 transition-colors has-[[data-hovered]]:bg-hover lg:flex-row lg:items-center lg:gap-5">
      <div className="flex min-w-0 flex-1 items-start gap-3.5">
        <ChannelAvatar channel={channel} size="large" />
        <div className="flex min-w-0 flex-1 flex-col gap-1">
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <PlainLink
              to="/channels/$channel"
              params={{ channel: channel.id }}
              className="max-w-full text-read font-semibold wrap-anywhere after:absolute after:inset-0"
            >
              {channel.name}
            </PlainLink>
            <ChannelBadge channel={channel} how={how} />
          </div>
          <p className="text-small wrap-anywhere text-quiet">
            {channel.handle}
            {platform && ` · ${platform.name}`}
          </p>
          <Why channel={channel} how={how} />
          <div className="relative z-10 flex pt-1 empty:hidden">
            {!isGrouped && <Mend channel={channel} health={how} />}
          </div>
        </div>
      </div>
      {takesPosts(channel) && <Waiting queue={queue} isPending={isPending} />}
    </li>
  );
}

/** Its state; `waits` and `partly` are no states of the API, but what people want to know first. */
export function ChannelBadge({ channel, how }: { channel: ChannelBody; how: Health }) {
  const { t } = useTranslation('channels');
  if (how === 'waits') {
    return (
      <Badge tone="scheduled" icon="clock">
        {t(`health.${waitsFor(channel)}`)}
      </Badge>
    );
  }
  if (how === 'partly') {
    return (
      <Badge tone="partly" icon="check-half">
        {t('health.partly')}
      </Badge>
    );
  }
  return <StateBadge state={channel.state} />;
}

/** Why it is not well, until when, and what that switches off. */
export function Why({ channel, how, className }: { channel: ChannelBody; how: Health; className?: string }) {
  const { t } = useTranslation('channels');
  const { zone } = useWorkspace();
  const words = useFeatureWords();
  const said: string[] = [];
  if (how === 'reconnect') said.push(channel.reason ?? t('why.reconnect'), t('why.waitsForLogin'));
  if (how === 'paused') {
    said.push(t('why.paused', { reason: channel.reason ?? '' }));
    said.push(
      channel.paused_until ? t('why.until', { when: whenText(channel.paused_until, zone) }) : t('why.untilAct'),
    );
  }
  if (how === 'waits' && channel.waits_until) {
    said.push(t(`why.${waitsFor(channel)}`, { when: whenText(channel.waits_until, zone) }));
  }
  if (how === 'partly') said.push(...missed(channel).map((name) => words(name).without));
  if (how === 'no-slots') said.push(t('why.noSlots'));
  if (said.length === 0) return null;
  return (
    <p className={cx('text-small', how === 'reconnect' ? 'text-state-needs' : 'text-quiet', className)}>
      {said.join(' ')}
    </p>
  );
}

function Waiting({ queue, isPending }: { queue: Queue; isPending: boolean }) {
  const { t } = useTranslation('channels');
  if (isPending) {
    return (
      <div className="flex gap-6 pl-14.5 lg:w-80 lg:pl-0" aria-hidden="true">
        <Bone className="h-9 w-20" />
        <Bone className="h-9 w-40" />
      </div>
    );
  }
  return (
    <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-5 gap-y-1 text-body sm:pl-14.5 lg:flex lg:w-80 lg:items-start lg:gap-x-6 lg:pl-0">
      <div className="max-lg:contents lg:w-32">
        <dt className="text-small text-quiet">{t('waiting.title')}</dt>
        <dd className="tabular">
          {t('waiting.posts', { count: queue.waiting })}
          {queue.asking > 0 && (
            <span className="block text-small font-medium text-state-needs">
              {t('waiting.asking', { count: queue.asking })}
            </span>
          )}
        </dd>
      </div>
      <div className="max-lg:contents lg:min-w-0 lg:flex-1">
        <dt className="text-small text-quiet">{t('waiting.slot')}</dt>
        <dd className="tabular">
          <NextSlot queue={queue} />
        </dd>
      </div>
    </dl>
  );
}

export function NextSlot({ queue }: { queue: Queue }) {
  const { t } = useTranslation('channels');
  const zone = queue.slots?.[0]?.zone;
  if (queue.slots?.length === 0) return <span className="text-quiet">{t('waiting.noSlots')}</span>;
  if (!queue.free || !zone) return <span className="text-quiet">{t('waiting.noneFree')}</span>;
  return (
    <time dateTime={queue.free}>{t('waiting.at', { when: whenText(queue.free, zone), zone: zonePlace(zone) })}</time>
  );
}
