import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { ClockNote } from './ClockNote';
import { EntryRow } from './EntryButton';
import type { Entry } from './model/entries';
import type { FreeSlot } from './model/slots';
import { dayWords } from './model/words';
import { SlotButton } from './SlotButton';
import { useScope } from './scope';
import { WriteHere } from './WriteHere';

/** How many rows are drawn at first, and how many more each time their end is near. */
const ROWS_STEP = 80;

/** Rows of a list that grows as its end comes near. */
function useGrowing(total: number): { limit: number; end: React.ReactNode } {
  const { t } = useTranslation('calendar');
  const [limit, setLimit] = useState(ROWS_STEP);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = end;
    if (!current || limit >= total) return;
    const watch = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && setLimit((known) => known + ROWS_STEP),
      { rootMargin: '600px' },
    );
    watch.observe(current);
    return () => watch.disconnect();
  }, [limit, total]);
  return {
    limit,
    end: limit < total && (
      <div ref={end} className="flex justify-center p-3">
        <Button look="quiet" onPress={() => setLimit(limit + ROWS_STEP)}>
          {t('showMore', { count: total - limit })}
        </Button>
      </div>
    ),
  };
}

/** Entries under each other. */
export function Rows({ entries }: { entries: readonly Entry[] }) {
  const { limit, end } = useGrowing(entries.length);
  return (
    <>
      <ul className="@container divide-y divide-line">
        {entries.slice(0, limit).map((entry) => (
          <li key={entry.key}>
            <EntryRow entry={entry} />
          </li>
        ))}
      </ul>
      {end}
    </>
  );
}

/** Days under each other. Those with nothing on them are left out, except today. */
export function DayRows({ days }: { days: readonly number[] }) {
  const { entries, slots, today, range } = useScope();
  const { t } = useTranslation('calendar');
  const shown = days.filter((day) => entries.has(day) || slots.has(day) || day === today || day === range.day);
  const counts = shown.map((day) => (entries.get(day)?.length ?? 0) + (slots.get(day)?.length ?? 0) + 1);
  const { limit, end } = useGrowing(counts.reduce((sum, count) => sum + count, 0));
  let room = limit;
  return (
    <div className="flex flex-col gap-4">
      {shown.map((day, place) => {
        if (room <= 0) return null;
        const allowed = room;
        room -= counts[place] ?? 0;
        const on = entries.get(day) ?? [];
        const free = slots.get(day) ?? [];
        return (
          <section key={day} aria-labelledby={`day-${day}`} className="flex flex-col gap-1.5">
            <DayHeading day={day} />
            {on.length > 0 && (
              <div className="overflow-hidden rounded-card border border-line bg-surface">
                <Rows entries={on.slice(0, allowed)} />
              </div>
            )}
            {free.length > 0 && <Free slots={free} />}
            {on.length + free.length === 0 && <p className="text-quiet">{t('nothingToday')}</p>}
          </section>
        );
      })}
      {end}
    </div>
  );
}

function DayHeading({ day }: { day: number }) {
  const { t } = useTranslation('calendar');
  const { today, locale } = useScope();
  return (
    <div className="flex flex-wrap items-center gap-x-3">
      <h2
        id={`day-${day}`}
        className={cx('text-body font-semibold first-letter:uppercase', day < today && 'text-quiet')}
      >
        {dayWords(locale, day)}
      </h2>
      {day === today && <span className="text-small font-medium text-accent">{t('today')}</span>}
      <WriteHere day={day} />
      <ClockNote day={day} />
    </div>
  );
}

/** The free slots of a day, in one line. */
function Free({ slots }: { slots: readonly FreeSlot[] }) {
  const { t } = useTranslation('calendar');
  const { mayWrite } = useScope();
  if (!mayWrite) return null;
  return (
    <p className="flex flex-wrap items-center gap-1.5 text-small text-faint">
      {t('free')}
      {slots.map((slot) => (
        <SlotButton key={slot.key} slot={slot} pill />
      ))}
    </p>
  );
}
