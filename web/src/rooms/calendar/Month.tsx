import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Bone } from '@/design/Skeleton';
import { ClockNote } from './ClockNote';
import { EntryChip } from './EntryButton';
import { More } from './More';
import type { Entry } from './model/entries';
import type { FreeSlot } from './model/slots';
import { dayNumber, dayWords, weekdayWords } from './model/words';
import { SlotButton } from './SlotButton';
import { useScope } from './scope';
import { WriteHere } from './WriteHere';

/** How many entries a cell shows before it counts the rest. */
const SHOWN_MAX = 3;
const NO_ENTRIES: Entry[] = [];
const NO_SLOTS: FreeSlot[] = [];

export function Month({ isPending }: { isPending: boolean }) {
  const { range, locale } = useScope();
  const days = Array.from({ length: range.days }, (_, n) => range.first + n);
  return (
    <div className="overflow-hidden rounded-card border border-line bg-surface">
      <div className="grid grid-cols-7 border-b border-line text-small font-medium text-quiet" aria-hidden="true">
        {days.slice(0, 7).map((day) => (
          <span key={day} className="px-2 py-1.5">
            {weekdayWords(locale, day, 'short')}
          </span>
        ))}
      </div>
      <div className="grid grid-cols-7 gap-px bg-line">
        {days.map((day) => (
          <Cell key={day} day={day} isPending={isPending} />
        ))}
      </div>
    </div>
  );
}

function Cell({ day, isPending }: { day: number; isPending: boolean }) {
  const { t } = useTranslation('calendar');
  const { entries: all, slots: free, range, today, locale, dragging, goTo, write } = useScope();
  const entries = all.get(day) ?? NO_ENTRIES;
  const slots = free.get(day) ?? NO_SLOTS;
  // One more than the limit is shown rather than counted: the number would take its place.
  const shown = entries.length > SHOWN_MAX + 1 ? entries.slice(0, SHOWN_MAX) : entries;
  const isOutside =
    day < range.month || new Date(day * 864e5).getUTCMonth() !== new Date(range.month * 864e5).getUTCMonth();
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useKeyWithClickEvents: a day is no fieldset; its keys are the plus's.
    <div
      role="group"
      aria-label={t('dayLabel', { day: dayWords(locale, day), count: entries.length })}
      data-day={day}
      // The keyboard's way is the plus.
      onClick={(event) => event.target === event.currentTarget && write(day)}
      className={cx(
        'group/day flex min-h-31 min-w-0 flex-col gap-1 p-1 pb-2 transition-colors',
        isOutside ? 'bg-sunken' : 'bg-surface',
        dragging?.day === day && 'bg-brass-tint',
      )}
    >
      <div className="pointer-events-none flex min-w-0 items-center justify-between gap-1.5 *:pointer-events-auto">
        <button
          type="button"
          tabIndex={-1}
          onClick={() => goTo(day, 'week')}
          aria-label={t('openWeekOf', { day: dayWords(locale, day) })}
          aria-current={day === today ? 'date' : undefined}
          className={cx(
            'tabular inline-flex h-6 min-w-6 items-center justify-center rounded-full px-1 text-small hover:bg-hover',
            day === today ? 'bg-brass font-semibold text-on-brass' : isOutside ? 'text-faint' : 'text-quiet',
          )}
        >
          {dayNumber(locale, day)}
        </button>
        <ClockNote day={day} short className="flex-1" />
        <WriteHere day={day} faint />
      </div>
      {isPending && day % 3 === 0 && <Bone className="h-9" />}
      {shown.map((entry) => (
        <EntryChip key={entry.key} entry={entry} />
      ))}
      {shown.length < entries.length && <More day={day} entries={entries} hidden={entries.length - shown.length} />}
      {slots.slice(0, Math.max(0, SHOWN_MAX - shown.length)).map((slot) => (
        <SlotButton key={slot.key} slot={slot} />
      ))}
    </div>
  );
}
