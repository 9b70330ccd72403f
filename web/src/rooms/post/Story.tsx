import { useTranslation } from 'react-i18next';
import type { Exchange, StoryBody, Telling } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Icon } from '@/design/Icon';
import { Bone } from '@/design/Skeleton';
import { When } from '@/design/When';
import { localTimes } from './localTimes';
import { useActorWords } from './usePeople';

/** The journal of one channel, behind a line: every step, and every exchange with the platform. */
export function Story({ story }: { story: StoryBody | undefined }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  if (!story) return <Bone className="h-5 w-40" />;
  return (
    <details className="group/story -mx-1">
      <summary className="flex min-h-11 items-center gap-1.5 rounded-small px-1 text-small font-medium text-quiet hover:text-ink md:min-h-8 [&::-webkit-details-marker]:hidden">
        <Icon name="chevron-right" className="size-4 transition-transform group-open/story:rotate-90" />
        {t('story.title', { count: story.story.length })}
      </summary>
      <ol className="mt-2 ml-3 flex flex-col gap-3 border-l border-line pl-4">
        {story.story.map((telling, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the journal only grows at its end.
          <Line key={place} telling={telling} />
        ))}
        <li className="text-small text-quiet">
          <span className="font-medium">{t('story.next')}</span> {localTimes(story.next, zone)}
        </li>
      </ol>
    </details>
  );
}

function Line({ telling }: { telling: Telling }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const who = useActorWords();
  const { at, act, actor, part, detail, exchanges = [] } = telling;
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <p className="flex flex-wrap items-baseline gap-x-2 text-small">
        <When at={at} zone={zone} quietZone className="text-quiet" />
        <code className="font-mono font-medium">{act}</code>
        {part !== undefined && part !== null && (
          <span className="text-quiet">{t('story.part', { part: part + 1 })}</span>
        )}
        <span className="text-quiet">{who(actor)}</span>
      </p>
      {detail && <p className="measure text-small wrap-break-word text-quiet">{localTimes(detail, zone)}</p>}
      {exchanges.map((exchange) => (
        <Exchanged key={`${exchange.at} ${exchange.url}`} exchange={exchange} />
      ))}
    </li>
  );
}

/** One request and its answer. The server has taken the secrets out of both. */
function Exchanged({ exchange }: { exchange: Exchange }) {
  const { t } = useTranslation('post');
  const { name, method, url, status, error, request, response, took_ms } = exchange;
  const isGood = status !== undefined && status !== null && status < 400;
  return (
    <details className="min-w-0 rounded-control border border-line bg-canvas">
      <summary className="flex min-h-11 flex-wrap items-center gap-x-2 gap-y-1 px-2.5 py-1 text-small md:min-h-8 [&::-webkit-details-marker]:hidden">
        <Icon name="code" className="size-4 text-quiet" />
        <span className="font-medium">{name}</span>
        <Badge tone={isGood ? 'published' : 'failed'}>{status ?? t('story.noAnswer')}</Badge>
        <span className="tabular text-quiet">{t('story.took', { ms: took_ms })}</span>
      </summary>
      <div className="flex flex-col gap-2 border-t border-line p-2.5 text-small">
        <p className="font-mono wrap-anywhere">
          {method} {url}
        </p>
        {error && <p className="text-state-failed">{error}</p>}
        <Json title={t('story.request')} value={request} />
        <Json title={t('story.response')} value={response} />
      </div>
    </details>
  );
}

function Json({ title, value }: { title: string; value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <div className="flex flex-col gap-1">
      <p className="text-quiet">{title}</p>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className="max-h-72 overflow-auto rounded-small bg-sunken p-2 font-mono text-small"
      >
        {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
      </pre>
    </div>
  );
}
