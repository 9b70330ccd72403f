import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useChannels, usePlatform } from '@/api/hooks';
import type { ChannelBody, PartContent, PostBody, PublicationBody, StoryBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Avatar } from '@/design/Avatar';
import { StateBadge } from '@/design/Badge';
import { cx } from '@/design/cx';
import { ErrorState } from '@/design/ErrorState';
import { Icon, type IconName } from '@/design/Icon';
import { ExternalLink } from '@/design/Link';
import { When } from '@/design/When';
import { ChannelAvatar } from '@/parts/ChannelAvatar';
import { Decision } from './Decision';
import { LiveActs } from './LiveActs';
import { localTimes } from './localTimes';
import { Metrics } from './Metrics';
import { Misfit } from './Misfit';
import { attemptsOf, proofOf, saidByPlatform } from './model/story';
import { needsAttention, noLongerFits } from './model/summary';
import { Story } from './Story';
import { Waits } from './Waits';

function useStory(publication: string) {
  return query.useQuery('get', '/v1/publications/{publication}/story', { params: { path: { publication } } });
}

/** One channel of a post: where it stands there, what shows it, what is asked of someone, and the whole story. */
export function Publication({ post, publication }: { post: PostBody; publication: PublicationBody }) {
  const { t } = useTranslation('post');
  const channels = useChannels().data;
  const channel = channels?.find(({ id }) => id === publication.channel);
  const platform = usePlatform(channel?.platform ?? '');
  const story = useStory(publication.id);
  const needs = needsAttention(publication);
  const isMisfit = noLongerFits(publication);
  const name = channel?.name ?? t('channels.gone');
  const said = publication.detail && (
    <Said publication={publication} story={story.data} platform={platform?.name ?? name} />
  );
  return (
    <li
      className={cx(
        'flex flex-col gap-3 rounded-card border bg-surface p-4',
        needs ? 'border-state-needs' : 'border-line',
      )}
    >
      <div className="flex items-center gap-3">
        {channel ? <ChannelAvatar channel={channel} /> : <Avatar name={name} />}
        <div title={channel ? `${name} (${channel.handle})` : name} className="flex min-w-0 flex-1 flex-col">
          <h3 className="truncate font-semibold">{name}</h3>
          <p className="truncate text-small text-quiet">
            {channel && channel.handle !== name && `${channel.handle} · `}
            {platform?.name}
          </p>
        </div>
        <StateBadge state={isMisfit ? 'no_longer_fits' : publication.state} />
      </div>
      <Facts publication={publication} story={story.data} />
      {!needs && said}
      {publication.live_says && <LiveSays parts={publication.live_says} platform={platform?.name ?? name} />}
      {needs && !isMisfit && (
        <Asked post={post} publication={publication} channel={channel} story={story.data} said={said} />
      )}
      {isMisfit && <Misfit post={post} publication={publication} platform={platform?.name ?? name} />}
      {publication.state === 'scheduled' && <Waits post={post} publication={publication} />}
      {publication.state === 'published' && <Published post={post} publication={publication} channel={channel} />}
      {story.error ? (
        <ErrorState problem={story.error} onRetry={() => void story.refetch()} />
      ) : (
        <Story story={story.data} />
      )}
    </li>
  );
}

function Asked(props: {
  post: PostBody;
  publication: PublicationBody;
  channel: ChannelBody | undefined;
  story: StoryBody | undefined;
  said: ReactNode;
}) {
  const { t } = useTranslation('post');
  return useMay('posts:publish') ? (
    <Decision {...props} key={`${props.publication.id} ${props.publication.state}`} />
  ) : (
    <>
      {props.said}
      <p className="text-small text-quiet">{t('decision.mayNot')}</p>
    </>
  );
}

function Published(props: { post: PostBody; publication: PublicationBody; channel: ChannelBody | undefined }) {
  const mayPublish = useMay('posts:publish');
  const mayRead = useMay('insights:read');
  return (
    <>
      {mayRead && <Metrics publication={props.publication.id} />}
      {mayPublish && <LiveActs {...props} />}
    </>
  );
}

/** What happened and whether it is live in our words, and beside them the platform's own. */
function Said({
  publication,
  story,
  platform,
}: {
  publication: PublicationBody;
  story: StoryBody | undefined;
  platform: string;
}) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const isFailed = publication.state === 'failed' && publication.parts_live === 0;
  const own = story && needsAttention(publication) ? saidByPlatform(story.story) : undefined;
  return (
    <div className="flex flex-col gap-1">
      <p className="measure wrap-break-word">
        {isFailed && <span className="font-medium">{t('facts.notLive')} </span>}
        {localTimes(publication.detail ?? '', zone)}
      </p>
      {own && (
        <p className="measure text-small wrap-break-word text-quiet">
          {t('facts.platformSaid', { platform })} <q>{own}</q>
        </p>
      )}
    </div>
  );
}

/** What is live there, where the post says something else by now. */
function LiveSays({ parts, platform }: { parts: readonly PartContent[]; platform: string }) {
  const { t } = useTranslation('post');
  return (
    <div className="flex flex-col gap-2">
      <p className="font-medium">{t('live.says', { platform })}</p>
      {parts.map(({ text }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are known by their place.
        <p key={place} dir="auto" className="border-l-2 border-line pl-3 wrap-break-word whitespace-pre-line">
          {text || t('content.noText')}
        </p>
      ))}
    </div>
  );
}

function Fact({ icon, children }: { icon: IconName; children: React.ReactNode }) {
  return (
    <li className="flex min-w-0 items-center gap-1.5">
      <Icon name={icon} className="size-4" />
      <span className="min-w-0 wrap-break-word">{children}</span>
    </li>
  );
}

function Facts({ publication, story }: { publication: PublicationBody; story: StoryBody | undefined }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const { state, due_at, published_at, url, parts, parts_live } = publication;
  const proof = state === 'published' && story ? proofOf(story.story) : undefined;
  const attempts = story ? attemptsOf(story.story) : 0;
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-small text-quiet">
      <Fact icon="clock">
        {t(published_at ? 'facts.liveSince' : state === 'scheduled' ? 'facts.goesOut' : 'facts.wasDue')}{' '}
        <When at={published_at ?? due_at} zone={zone} />
      </Fact>
      {parts > 1 && <Fact icon="list">{t('facts.parts', { live: parts_live, count: parts })}</Fact>}
      {proof && (
        <Fact icon="shield">
          {proof === "the platform's answer" ? t('facts.answered') : t('facts.proof', { proof })}
        </Fact>
      )}
      {attempts > 1 && <Fact icon="refresh">{t('facts.attempts', { count: attempts })}</Fact>}
      {state === 'deleted' && <Fact icon="trash">{t('facts.deletedThere')}</Fact>}
      {url && (
        <li>
          <ExternalLink href={url}>{t('facts.see')}</ExternalLink>
        </li>
      )}
    </ul>
  );
}
