import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { stateIcon, stateTone, type Tone } from '@/design/Badge';
import { isTwelve } from '@/design/clock';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { Thumbnail } from '@/parts/Thumbnail';
import { Marks } from './Marks';
import type { Entry } from './model/entries';
import { shortTimeWords, timeWords } from './model/words';
import { useScope } from './scope';

const TINTS: Record<Tone, string> = {
  draft: 'border-state-draft bg-state-draft-tint',
  scheduled: 'border-state-scheduled bg-state-scheduled-tint',
  published: 'border-state-published bg-state-published-tint',
  partly: 'border-state-partly bg-state-partly-tint',
  needs: 'border-state-needs bg-state-needs-tint',
  failed: 'border-state-failed bg-state-failed-tint',
  muted: 'border-state-muted bg-state-muted-tint',
};

const INKS: Record<Tone, string> = {
  draft: 'text-state-draft',
  scheduled: 'text-state-scheduled',
  published: 'text-state-published',
  partly: 'text-state-partly',
  needs: 'text-state-needs',
  failed: 'text-state-failed',
  muted: 'text-state-muted',
};

/** What is the same of an entry wherever it stands: it opens the quick look, and can be found by its key. */
function useEntry(entry: Entry) {
  const { movingKey, dragging, fresh, look, label } = useScope();
  const isLifted = movingKey === entry.key || dragging?.key === entry.key;
  return {
    isLifted,
    isFresh: fresh.has(entry.post),
    props: {
      type: 'button' as const,
      tabIndex: -1,
      'data-stop': entry.day,
      'data-entry': entry.key,
      'data-series': entry.series,
      'data-fresh': fresh.has(entry.post) || undefined,
      'aria-label': label(entry),
      title: label(entry),
      'aria-keyshortcuts': 'M',
      onClick: (event: { currentTarget: HTMLElement }) => look(entry, event.currentTarget),
    },
  };
}

const LIFTED = 'outline-2 -outline-offset-1 outline-dashed outline-focus';
const FRESH = 'ring-2 ring-brass';
/** An occurrence of a series looks like the top of a stack; with a pointer on one, all of them are marked. */
const STACK =
  'shadow-[2px_2px_0_-0.5px_var(--color-surface),2px_2px_0_0.5px_var(--color-edge)] mr-0.5 mb-0.5 w-[calc(100%-2px)]! data-mate:outline-2 data-mate:-outline-offset-1 data-mate:outline-brass';
const MATE = 'data-mate:bg-brass-tint';

/**
 * An entry in a cell, or at its hour: two short lines. Where a narrow cell has no room for its signs beside the time,
 * they stand in a line of their own; with `fixed`, whose height is its time, they are left out. Never half a sign.
 */
export const EntryChip = memo(function EntryChip({ entry, fixed = false }: { entry: Entry; fixed?: boolean }) {
  const { locale } = useScope();
  const { isLifted, isFresh, props } = useEntry(entry);
  const tone = stateTone(entry.state);
  // Where two stand beside each other there is no room for the time, which the hour they stand at says already.
  const narrow = fixed && (isTwelve(locale) ? '@max-[4.25rem]:hidden' : '@max-[3.25rem]:hidden');
  const time = (
    <span className={cx('tabular shrink-0 font-medium', narrow)}>{shortTimeWords(locale, entry.local)}</span>
  );
  const sign = <Icon name={stateIcon(entry.state)} className={cx('size-3.5', INKS[tone])} />;
  return (
    <button
      {...props}
      className={cx(
        'flex w-full min-w-0 overflow-hidden rounded-small border-l-3 py-0.5 pr-1 pl-1.5 text-left text-small text-ink transition-shadow duration-700 select-none hover:brightness-97 dark:hover:brightness-110',
        TINTS[tone],
        entry.series && STACK,
        (entry.state === 'cancelled' || entry.state === 'deleted') && 'line-through',
        isLifted && LIFTED,
        isFresh && FRESH,
      )}
    >
      <span className="@container flex min-w-0 flex-1 flex-col">
        <span className={cx('flex flex-wrap items-center gap-x-1', fixed && 'h-4.5 overflow-hidden')}>
          <span className="flex items-center gap-1">
            {sign}
            {time}
            {entry.series && <Icon name="repeat" className={cx('size-3.5 text-quiet', narrow)} />}
          </span>
          <span className="ml-auto flex h-4.5 items-center">
            <Marks channels={entry.channels} small={fixed} />
          </span>
        </span>
        <span className="flex min-w-0 items-center gap-1.5">
          {entry.thumbnail && (
            <Thumbnail media={entry.thumbnail} className="size-4.5 rounded-[3px] @max-[5rem]:hidden" />
          )}
          <span dir="auto" className="truncate">
            {entry.text}
          </span>
        </span>
      </span>
    </button>
  );
});

/** An entry in a list: all in one row, on the phone in two lines. */
export const EntryRow = memo(function EntryRow({ entry }: { entry: Entry }) {
  const { t } = useTranslation('calendar');
  const { t: word } = useTranslation('design');
  const { locale, author } = useScope();
  const { isLifted, isFresh, props } = useEntry(entry);
  const tone = stateTone(entry.state);
  return (
    <button
      {...props}
      className={cx(
        'flex min-h-12 w-full min-w-0 items-center gap-3 border-l-3 px-3 py-2 text-left transition-colors duration-700 hover:bg-hover focus-visible:-outline-offset-2 md:min-h-11',
        TINTS[tone].split(' ')[0],
        entry.series && MATE,
        isLifted && LIFTED,
        isFresh && 'bg-brass-tint',
      )}
    >
      <span className={cx('tabular shrink-0 font-medium whitespace-nowrap', isTwelve(locale) ? 'w-17' : 'w-12')}>
        {timeWords(locale, entry.local)}
      </span>
      {entry.series && <Icon name="repeat" className="size-4 text-quiet" />}
      {entry.thumbnail && <Thumbnail media={entry.thumbnail} className="size-8 rounded-small" />}
      <span className="flex min-w-0 flex-1 flex-col gap-0.5 @xl:flex-row @xl:items-center @xl:gap-3">
        <span
          dir="auto"
          className={cx(
            'line-clamp-2 min-w-0 @xl:line-clamp-1 @xl:flex-1',
            (entry.state === 'cancelled' || entry.state === 'deleted') && 'line-through',
          )}
        >
          {entry.text || <span className="text-quiet">{t('noText')}</span>}
        </span>
        <span className="flex min-w-0 items-center gap-2">
          <span className={cx('flex items-center gap-1 text-small font-medium whitespace-nowrap @xl:w-36', INKS[tone])}>
            <Icon name={stateIcon(entry.state)} className="size-4" />
            {word(`state.${entry.state}`)}
          </span>
          {entry.items.length === 0 && (
            <span className="max-w-40 truncate text-small text-quiet" title={author(entry.madeBy)}>
              {author(entry.madeBy)}
            </span>
          )}
          <span className="flex @xl:w-16">
            <Marks channels={entry.channels} />
          </span>
        </span>
      </span>
    </button>
  );
});
