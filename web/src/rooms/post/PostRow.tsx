import { useTranslation } from 'react-i18next';
import { useChannels, usePlatforms } from '@/api/hooks';
import type { PostBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { StateBadge } from '@/design/Badge';
import { PlainLink } from '@/design/Link';
import { PlatformDrawing } from '@/design/PlatformIcon';
import { When } from '@/design/When';
import { Thumbnail } from '@/parts/Thumbnail';
import { timeOf } from './model/list';
import { beginning, summaryOf } from './model/summary';
import { useActorWords } from './usePeople';

const KINDS = { live: 'list.liveSince', due: 'list.due', planned: 'list.planned', made: 'list.made' } as const;

/** A post in the list: what it says, where it stands, when, and how much of it is live where that is not all. */
export function PostRow({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const { at, kind } = timeOf(post);
  const { live, count, needs } = summaryOf(post);
  const who = useActorWords();
  const isDraft = ['draft', 'in_review'].includes(post.state);
  const toCome = (post.series ?? []).reduce((sum, { to_come }) => sum + to_come, 0);
  const media = post.parts[0]?.media?.[0] ?? post.variants[0]?.parts[0]?.media?.[0];
  const parts = Math.max(post.parts.length, ...post.variants.map((variant) => variant.parts.length));
  return (
    <li>
      <PlainLink
        to="/posts/$post"
        params={{ post: post.id }}
        className="flex min-h-16 items-center gap-3 rounded-none! px-4 py-3 transition-colors data-hovered:bg-hover data-focus-visible:-outline-offset-2"
      >
        <div className="flex min-w-0 flex-1 flex-col gap-1">
          <p dir="auto" className="line-clamp-2 font-medium wrap-break-word">
            {beginning(post, 180) || <span className="font-normal text-quiet">{t('untitled')}</span>}
          </p>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-small text-quiet">
            <span className="md:hidden">
              <StateBadge state={post.state} />
            </span>
            <span>
              {t(KINDS[kind])} <When at={at} zone={zone} quietZone />
            </span>
            {isDraft && <span>{t('list.by', { who: who(post.made_by) })}</span>}
            <Platforms post={post} />
            {toCome > 0 && <span>{t('list.repeats', { count: toCome })}</span>}
            {live > 0 && live < count && <span>{t('list.live', { live, count })}</span>}
            {needs > 0 && post.state !== 'needs_you' && post.state !== 'failed' && (
              <span className="font-medium text-state-needs">{t('list.attention', { count: needs })}</span>
            )}
            {parts > 1 && <span>{t('list.parts', { count: parts })}</span>}
          </div>
        </div>
        {media && <Thumbnail media={media.id} className="size-12 rounded-control" />}
        <span className="hidden w-40 justify-end md:flex">
          <StateBadge state={post.state} />
        </span>
      </PlainLink>
    </li>
  );
}

function Platforms({ post }: { post: PostBody }) {
  const channels = useChannels().data;
  const platforms = usePlatforms().data;
  const ids = new Set(post.variants.map(({ channel }) => channels?.find(({ id }) => id === channel)?.platform));
  const known = platforms?.filter(({ id }) => ids.has(id)) ?? [];
  return (
    <span className="flex items-center gap-1">
      {known.map(({ id, name, icon }) => (
        <span key={id}>
          <PlatformDrawing icon={icon} className="size-4" />
          <span className="sr-only">{name}</span>
        </span>
      ))}
    </span>
  );
}
