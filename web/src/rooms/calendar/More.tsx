import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Dialog, Popover } from '@/design/Dialog';
import { usePhone } from '@/design/usePhone';
import { ClockNote } from './ClockNote';
import { Rows } from './DayRows';
import type { Entry } from './model/entries';
import { capital, dayWords } from './model/words';
import { useScope } from './scope';
import { useRoving } from './useRoving';

/** Posts of a day that have no room there, and what asked for them. */
export interface Asked {
  day: number;
  keys: ReadonlySet<string>;
  from: { current: HTMLElement };
}

/** "+12 more". */
export function More({
  day,
  entries,
  hidden,
  short = false,
}: {
  day: number;
  entries: readonly Entry[];
  hidden: number;
  short?: boolean;
}) {
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
      className={cx(
        'tabular min-h-6 min-w-0 rounded-small text-small font-medium text-quiet hover:bg-hover hover:text-ink',
        short ? 'w-full' : 'self-start px-1.5 text-left',
      )}
    >
      {short ? `+${hidden}` : t('more', { count: hidden })}
    </button>
  );
}

/** What is behind "+12 more": all posts of that day, or of that half hour. */
export function Behind({
  asked,
  onClose,
  onMove,
}: {
  asked: Asked;
  onClose: () => void;
  onMove: (key: string) => void;
}) {
  const { entries, locale } = useScope();
  const isPhone = usePhone();
  const shown = (entries.get(asked.day) ?? []).filter(({ key }) => asked.keys.has(key));
  const title = capital(dayWords(locale, asked.day));
  const onOpenChange = (isOpen: boolean) => !isOpen && onClose();
  const list = (
    <>
      <ClockNote day={asked.day} className="px-1" />
      <RovingRows entries={shown} onMove={onMove} />
    </>
  );
  if (isPhone) {
    return (
      <Dialog title={title} isOpen onOpenChange={onOpenChange}>
        {list}
      </Dialog>
    );
  }
  return (
    <Popover
      label={title}
      isOpen
      onOpenChange={onOpenChange}
      triggerRef={asked.from}
      placement="right"
      className="flex w-96 max-w-full flex-col gap-2"
    >
      <p className="px-1 font-semibold">{title}</p>
      {list}
    </Popover>
  );
}

/** One stop of the Tab key, and arrow keys from post to post, as on the page behind. */
function RovingRows({ entries, onMove }: { entries: readonly Entry[]; onMove: (key: string) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const roving = useRoving(place, onMove);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it.
    <div
      ref={place}
      onKeyDown={roving.onKeyDown}
      onFocus={roving.onFocus}
      className="overflow-hidden rounded-control border border-line"
    >
      <Rows entries={entries} />
    </div>
  );
}
