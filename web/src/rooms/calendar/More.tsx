import { useTranslation } from 'react-i18next';
import { Popover } from '@/design/Dialog';
import { ClockNote } from './ClockNote';
import { Rows } from './DayRows';
import type { Entry } from './model/entries';
import { dayWords } from './model/words';
import { useScope } from './scope';

/** Posts of a day that have no room there, and what asked for them. */
export interface Asked {
  day: number;
  keys: ReadonlySet<string>;
  from: { current: HTMLElement };
}

/** "+12 more". */
export function More({ day, entries, hidden }: { day: number; entries: readonly Entry[]; hidden: number }) {
  const { t } = useTranslation('calendar');
  const { locale, lookAt } = useScope();
  return (
    <button
      type="button"
      tabIndex={-1}
      data-stop={day}
      aria-haspopup="dialog"
      aria-label={t('moreLabel', { count: hidden, day: dayWords(locale, day) })}
      onClick={({ currentTarget }) =>
        lookAt({ day, keys: new Set(entries.map(({ key }) => key)), from: { current: currentTarget } })
      }
      className="h-6 self-start rounded-small px-1.5 text-small font-medium text-quiet hover:bg-hover hover:text-ink"
    >
      {t('more', { count: hidden })}
    </button>
  );
}

/** What is behind "+12 more": all posts of that day, or of that hour. */
export function Behind({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const { entries, locale } = useScope();
  const shown = (entries.get(asked.day) ?? []).filter(({ key }) => asked.keys.has(key));
  return (
    <Popover
      label={dayWords(locale, asked.day)}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      triggerRef={asked.from}
      className="flex w-96 max-w-full flex-col gap-2"
    >
      <p className="px-1 font-semibold first-letter:uppercase">{dayWords(locale, asked.day)}</p>
      <ClockNote day={asked.day} className="px-1" />
      <div className="max-h-[60dvh] overflow-y-auto rounded-control border border-line">
        <Rows entries={shown} />
      </div>
    </Popover>
  );
}
