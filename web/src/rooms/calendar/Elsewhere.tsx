import { keepPreviousData } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { StateBadge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { ErrorState } from '@/design/ErrorState';
import { PlainLink } from '@/design/Link';
import { List } from '@/design/Table';
import { useNow } from '@/design/useNow';
import { elsewhere, type Found } from './model/elsewhere';
import { dayOf } from './model/wall';
import { capital, momentWords } from './model/words';
import { useScope } from './scope';

/** How long typing rests before everything is searched, in milliseconds. */
const REST_MS = 250;
/** From so many letters on; one fits almost everything. */
const LETTERS_MIN = 2;
const FOUND_MAX = 20;

function useRested(value: string): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

/** What fits the words but is on none of the days shown: other days, and drafts without a time. */
export function Elsewhere({ words, shown }: { words: string; shown: ReadonlySet<string> }) {
  const { t } = useTranslation('calendar');
  const q = useRested(words.trim());
  const isWanted = q.length >= LETTERS_MIN;
  const read = query.useQuery(
    'get',
    '/v1/posts',
    { params: { query: { q, limit: FOUND_MAX } } },
    { enabled: isWanted, placeholderData: keepPreviousData },
  );
  const now = useNow();
  if (!isWanted || words.trim().length < LETTERS_MIN) return null;
  if (read.error) return <ErrorState problem={read.error} onRetry={() => void read.refetch()} />;
  const found = elsewhere(read.data?.items ?? [], shown, now);
  if (found.length === 0) return null;
  return (
    <section aria-labelledby="elsewhere" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id="elsewhere" className="text-read font-semibold">
          {t('elsewhere.title')}
        </h2>
        {read.data?.next_cursor && (
          <PlainLink to="/posts" search={{ q }} className="text-small underline underline-offset-3">
            {t('elsewhere.all')}
          </PlainLink>
        )}
      </div>
      <List label={t('elsewhere.title')}>
        {found.map((one) => (
          <Row key={one.post} found={one} />
        ))}
      </List>
    </section>
  );
}

function Row({ found: { post, state, text, at } }: { found: Found }) {
  const { t } = useTranslation('calendar');
  const { wall, locale, goTo } = useScope();
  const local = at === undefined ? undefined : wall.local(Date.parse(at));
  return (
    <li className="relative flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-3 has-[[data-hovered]]:bg-hover">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-0.5">
        <PlainLink to="/posts/$post" params={{ post }} className="after:absolute after:inset-0">
          <span dir="auto" className="line-clamp-2 font-medium" title={text.slice(0, 400)}>
            {text || t('noText')}
          </span>
        </PlainLink>
        <span className="text-small text-quiet">
          {local === undefined ? t('elsewhere.noTime') : capital(momentWords(locale, local))}
        </span>
      </div>
      <StateBadge state={state} />
      {local !== undefined && (
        <Button small look="quiet" icon="calendar" className="z-1" onPress={() => goTo(dayOf(local))}>
          {t('elsewhere.go')}
        </Button>
      )}
    </li>
  );
}
