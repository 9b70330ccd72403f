import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody, PostBody, PublicationBody, Telling } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { ExternalLink } from '@/design/Link';
import { When } from '@/design/When';
import { evidenceOf } from './model/story';

/** How many looks are told one by one. */
const LOOKS_MAX = 4;

/** All that is known about an attempt that may be live: what was sent, when, what was looked at, what was found. */
export function Evidence({
  post,
  publication,
  channel,
  story,
}: {
  post: PostBody;
  publication: PublicationBody;
  channel: ChannelBody | undefined;
  story: readonly Telling[];
}) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const platform = usePlatform(channel?.platform ?? '');
  const { part, sentAt, lost, looks, count } = evidenceOf(story);
  const text = post.variants.find(({ id }) => id === publication.variant)?.parts[part]?.text;
  const latest = looks.slice(-LOOKS_MAX);
  return (
    <div className="flex flex-col gap-3">
      <p className="font-semibold">{t('evidence.title')}</p>
      <dl className="flex flex-col gap-2.5 [&_dt]:text-small [&_dt]:text-quiet">
        <div>
          <dt>
            {publication.parts > 1
              ? t('evidence.sentPart', { part: part + 1, count: publication.parts })
              : t('evidence.sent')}
          </dt>
          <dd title={text} className="line-clamp-4 border-l-2 border-state-needs pl-2.5 whitespace-pre-line">
            {text || t('content.noText')}
          </dd>
        </div>
        {sentAt && (
          <div>
            <dt>{t('evidence.when')}</dt>
            <dd>
              <When at={sentAt} zone={zone} />
            </dd>
          </div>
        )}
        {lost && (
          <div>
            <dt>{t('evidence.lost')}</dt>
            <dd className="first-letter:uppercase">{lost}</dd>
          </div>
        )}
        <div>
          <dt>{t('evidence.looked', { count })}</dt>
          <dd>
            {looks.length === 0 ? (
              t('evidence.noLook')
            ) : (
              <ul className="flex flex-col gap-0.5">
                {latest.map(({ from, until, count: times, found }) => (
                  <li key={from}>
                    <span className="text-small text-quiet">
                      <When at={from} zone={zone} quietZone />
                      {times > 1 && (
                        <>
                          –<When at={until} zone={zone} shape="time" quietZone />{' '}
                          {t('evidence.times', { count: times })}
                        </>
                      )}
                    </span>{' '}
                    {found ?? t('evidence.nothing')}
                  </li>
                ))}
              </ul>
            )}
          </dd>
        </div>
      </dl>
      {channel && (
        <p>
          <ExternalLink href={channel.url}>
            {t('evidence.look', { channel: channel.handle, platform: platform?.name ?? channel.platform })}
          </ExternalLink>
        </p>
      )}
    </div>
  );
}
