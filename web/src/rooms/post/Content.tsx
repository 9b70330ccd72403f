import { useTranslation } from 'react-i18next';
import { useChannels } from '@/api/hooks';
import type { PartContent, PostBody } from '@/api/schema';
import { Card } from '@/design/Card';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { When } from '@/design/When';
import { Thumbnail } from '@/parts/Thumbnail';
import { useActorWords } from './usePeople';

/** What the post says: once, and again for each channel that says something of its own. */
export function Content({ post, zone }: { post: PostBody; zone: string }) {
  const { t } = useTranslation('post');
  const channels = useChannels().data;
  const who = useActorWords();
  const own = post.variants.filter((variant) => variant.own);
  return (
    <Card className="flex flex-col gap-4 p-4">
      <h2 className="text-small font-medium text-faint">{t('content.title')}</h2>
      {(own.length < post.variants.length || post.variants.length === 0) && <Parts parts={post.parts} />}
      {own.map(({ id, channel, parts }) => {
        const found = channels?.find((one) => one.id === channel);
        return (
          <div key={id} className="flex flex-col gap-2 border-t border-line pt-3 first-of-type:border-0">
            <p className="flex items-center gap-1.5 text-small font-medium text-quiet">
              {found && <PlatformIcon platform={found.platform} className="size-4" />}
              {t('content.own', { channel: found?.name ?? t('channels.gone') })}
            </p>
            <Parts parts={parts} />
          </div>
        );
      })}
      <p className="border-t border-line pt-3 text-small text-quiet">
        {t('content.made', { who: who(post.made_by) })} <When at={post.made_at} zone={zone} />
      </p>
    </Card>
  );
}

function Parts({ parts }: { parts: readonly PartContent[] }) {
  const { t } = useTranslation('post');
  return (
    <ol className="flex flex-col gap-3">
      {parts.map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are known by their place.
        <li key={place} className="flex flex-col gap-2">
          {parts.length > 1 && (
            <span className="text-small text-faint">
              {t(part.kind === 'comment' ? 'content.comment' : 'content.part', {
                part: place + 1,
                count: parts.length,
              })}
            </span>
          )}
          {part.text ? (
            <p dir="auto" className="text-read wrap-break-word whitespace-pre-line">
              {part.text}
            </p>
          ) : (
            (part.media ?? []).length === 0 && <p className="text-quiet">{t('content.noText')}</p>
          )}
          <Files part={part} />
        </li>
      ))}
    </ol>
  );
}

function Files({ part }: { part: PartContent }) {
  const { t } = useTranslation('post');
  const media = part.media ?? [];
  return (
    <>
      {media.length > 0 && (
        <ul className="grid grid-cols-2 gap-2">
          {media.map(({ id, alt }) => (
            <li key={id} className={media.length === 1 ? 'col-span-2' : undefined}>
              <Thumbnail media={id} alt={alt ?? t('content.noAlt')} className="aspect-4/3 w-full rounded-control" />
            </li>
          ))}
        </ul>
      )}
      {part.quote && (
        <p className="flex items-center gap-1.5 text-small text-quiet">
          <Icon name="link" className="size-4" />
          <span className="truncate">{part.quote}</span>
        </p>
      )}
      {part.poll && (
        <ul className="flex flex-col gap-1 text-small">
          {part.poll.options.map((option) => (
            <li key={option} dir="auto" className="rounded-small border border-line px-2 py-1">
              {option}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
