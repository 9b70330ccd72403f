import { type CSSProperties, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Bone } from '@/design/Skeleton';
import { useNow } from '@/design/useNow';
import { useWide } from '@/design/usePhone';
import { ClockNote } from './ClockNote';
import { EntryChip } from './EntryButton';
import { More } from './More';
import type { Entry } from './model/entries';
import type { FreeSlot } from './model/slots';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './model/wall';
import { DRAWN_MINUTES, layOut, meets } from './model/week';
import { dayWords, hourWords, timeWords, weekdayWords } from './model/words';
import { SlotButton } from './SlotButton';
import { useScope } from './scope';
import { WriteHere } from './WriteHere';

/** The height of an hour, in pixels. */
const HOUR_PX = 80;
/** How many entries stand beside each other at one time: one where two would be too narrow to read. */
const LANES = { wide: 2, narrow: 1 };
/** Where the day begins on the screen: before it one scrolls up. */
const MORNING = 7;

/** From so many entries on, only those near the hours in sight are drawn. */
const ALL_DRAWN_MAX = 120;
/** How far around the hours in sight. */
const AROUND_HOURS = 3;

/** The hours that are drawn. */
interface Drawn {
  from: number;
  until: number;
}

const ALL_DAY: Drawn = { from: 0, until: 24 };

/** What does not fit has its number at the right edge; so much is left to the others. */
const FULL_PERCENT = 70;

const px = (minutes: number) => (minutes / 60) * HOUR_PX;

export function Week({ isPending }: { isPending: boolean }) {
  const { t } = useTranslation('calendar');
  const { range, locale, today, entries } = useScope();
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Drawn>({ from: MORNING - AROUND_HOURS, until: MORNING + 9 + AROUND_HOURS });
  const days = Array.from({ length: 7 }, (_, n) => range.first + n);
  const earliest = Math.min(
    MORNING,
    ...days
      .flatMap((day) => entries.get(day)?.slice(0, 1) ?? [])
      .map(({ local }) => Math.floor((local % DAY_MS) / HOUR_MS)),
  );
  // Steps of an hour, so that scrolling by a finger's width draws nothing anew.
  const look = ({ scrollTop, clientHeight }: HTMLElement) =>
    setSeen((known) => {
      const from = Math.floor(scrollTop / HOUR_PX) - AROUND_HOURS;
      const until = Math.ceil((scrollTop + clientHeight) / HOUR_PX) + AROUND_HOURS;
      return known.from === from && known.until === until ? known : { from, until };
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another week, or its posts arriving, begin at its morning.
  useLayoutEffect(() => {
    if (!scroller.current) return;
    scroller.current.scrollTop = px(earliest * 60) - 8;
    look(scroller.current);
  }, [range.first, isPending]);
  const count = days.reduce((sum, day) => sum + (entries.get(day)?.length ?? 0), 0);
  const drawn = count > ALL_DRAWN_MAX ? seen : ALL_DAY;
  return (
    <div className="flex max-h-[max(30rem,calc(100dvh-15rem))] flex-col overflow-hidden rounded-card border border-line bg-surface">
      <div className="flex shrink-0 overflow-y-scroll border-b border-line [scrollbar-color:transparent_transparent]">
        <span className="w-14 shrink-0" />
        {days.map((day) => (
          <div key={day} className="group/day flex min-w-0 flex-1 flex-col gap-0.5 border-l border-line px-2 py-1.5">
            <span className="flex items-center gap-1.5 text-small font-medium text-quiet">
              {weekdayWords(locale, day, 'short')}
              <span
                aria-current={day === today ? 'date' : undefined}
                className={cx(
                  'tabular inline-flex h-6 min-w-6 items-center justify-center rounded-full px-1 text-body',
                  day === today ? 'bg-brass font-semibold text-on-brass' : 'text-ink',
                )}
              >
                {new Date(day * DAY_MS).getUTCDate()}
              </span>
              <span className="ml-auto">
                <WriteHere day={day} faint />
              </span>
            </span>
            <ClockNote day={day} short />
          </div>
        ))}
      </div>
      <section
        ref={scroller}
        onScroll={({ currentTarget }) => look(currentTarget)}
        aria-label={t('hours')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        className="flex-1 overflow-y-scroll focus-visible:-outline-offset-2"
      >
        <div className="relative flex" style={{ height: 24 * HOUR_PX }}>
          <Hours />
          {days.map((day) => (
            <Column key={day} day={day} drawn={drawn} isPending={isPending} />
          ))}
        </div>
      </section>
    </div>
  );
}

function Hours() {
  const { locale } = useScope();
  return (
    <div className="w-14 shrink-0" aria-hidden="true">
      {Array.from({ length: 24 }, (_, hour) => (
        <div key={timeWords(locale, hour * HOUR_MS)} style={{ height: HOUR_PX }} className="relative">
          {hour > 0 && (
            <span className="tabular absolute -top-2.5 right-2 text-small whitespace-nowrap text-faint">
              {hourWords(locale, hour * HOUR_MS)}
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

const NONE: Entry[] = [];
const NO_SLOTS: FreeSlot[] = [];

function Column({ day, drawn, isPending }: { day: number; drawn: Drawn; isPending: boolean }) {
  const { t } = useTranslation('calendar');
  const { entries: all, slots, locale, today, dragging, write } = useScope();
  const lanes = useWide() ? LANES.wide : LANES.narrow;
  const entries = all.get(day) ?? NONE;
  const free = slots.get(day) ?? NO_SLOTS;
  // Posts before slots: where there is no room for both, the slot is the one that is not shown.
  const room = free.filter(
    ({ local }) => entries.filter((one) => Math.abs(one.local - local) < DRAWN_MINUTES * MINUTE_MS).length < lanes,
  );
  const { placed, hidden: left } = layOut<Entry | FreeSlot>(
    [...entries, ...room].sort((one, other) => one.local - other.local),
    lanes,
  );
  const hidden = left
    .map(({ minute, ones }) => ({ minute, ones: ones.filter((one) => 'items' in one) }))
    .filter(({ ones }) => ones.length > 0);
  const isFull = (minute: number) => hidden.some((one) => meets(one.minute, minute));
  const isDrawn = ({ minute }: { minute: number }) => minute >= drawn.from * 60 && minute < drawn.until * 60;
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useKeyWithClickEvents: a day is no fieldset; its keys are the plus's.
    <div
      role="group"
      aria-label={t('dayLabel', { day: dayWords(locale, day), count: entries.length })}
      data-day={day}
      data-hours=""
      // The keyboard's way is the plus at the head of the day.
      onClick={({ target, currentTarget, clientY }) => {
        if (target !== currentTarget) return;
        const { top, height } = currentTarget.getBoundingClientRect();
        write(day, ((clientY - top) / height) * 24 * 60);
      }}
      style={{ backgroundSize: `100% ${HOUR_PX}px` }}
      className={cx(
        'relative min-w-0 flex-1 border-l border-line bg-[linear-gradient(to_bottom,var(--color-line)_1px,transparent_1px)]',
        dragging?.day === day && 'bg-brass-tint',
      )}
    >
      {isPending && <Bone className="absolute inset-x-1 top-[35%] h-8" />}
      {placed.filter(isDrawn).map(({ one, minute, lane, lanes }) => (
        <div key={one.key} className="absolute z-1 px-0.5" style={box(minute, lane, lanes, isFull(minute))}>
          {'items' in one ? <EntryChip entry={one} fixed /> : <SlotButton slot={one} />}
        </div>
      ))}
      {hidden.filter(isDrawn).map(({ minute, ones }) => (
        <div
          key={minute}
          className="absolute right-0 z-1 flex"
          style={{ top: px(minute) + 1, width: `${100 - FULL_PERCENT}%` }}
        >
          <More day={day} entries={ones} hidden={ones.length} short />
        </div>
      ))}
      {day === today && <NowLine />}
    </div>
  );
}

function box(minute: number, lane: number, lanes: number, isFull: boolean): CSSProperties {
  const width = (isFull ? FULL_PERCENT : 100) / lanes;
  return { top: px(minute) + 1, height: px(DRAWN_MINUTES) - 2, left: `${lane * width}%`, width: `${width}%` };
}

function NowLine() {
  const { t } = useTranslation('calendar');
  const { wall, locale } = useScope();
  const local = wall.local(useNow());
  const minute = (local % DAY_MS) / MINUTE_MS;
  return (
    <div className="pointer-events-none absolute inset-x-0 z-3 flex items-center" style={{ top: px(minute) }}>
      <span className="-ml-1 size-2 rounded-full bg-state-failed" />
      <span className="h-px flex-1 bg-state-failed" />
      <span className="sr-only">{t('now', { time: timeWords(locale, local) })}</span>
    </div>
  );
}
