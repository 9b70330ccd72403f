import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '@/design/Button';
import { cx } from '@/design/cx';
import { BOX } from '@/design/Field';
import { Kbd } from '@/design/Kbd';
import { TimeInput } from '@/design/TimeField';
import { zonePlace } from '@/design/zones';
import {
  DAY_MS,
  dayOf,
  dayOfText,
  HOUR_MS,
  type Local,
  localOfText,
  textOfDay,
  textOfLocal,
  type Wall,
} from './model/wall';
import { momentWords } from './model/words';
import type { Moving } from './useMoving';

interface Props {
  moving: Moving;
  wall: Wall;
  locale: string;
  /** In the month, up and down go by weeks. */
  isMonth: boolean;
  onChange: (local: Local) => void;
  onConfirm: () => void;
  onCancel: () => void;
}

function stepOf(event: KeyboardEvent, isMonth: boolean): number {
  const vertical = isMonth && !event.shiftKey ? 7 * DAY_MS : HOUR_MS;
  const steps: Record<string, number> = {
    ArrowLeft: -DAY_MS,
    ArrowRight: DAY_MS,
    ArrowUp: -vertical,
    ArrowDown: vertical,
    PageUp: -7 * DAY_MS,
    PageDown: 7 * DAY_MS,
  };
  return steps[event.key] ?? 0;
}

/** Moves a post by keys, or by taps: where it would go, said aloud at each step, and the two ways out. */
export function MoveBar({ moving, wall, locale, isMonth, onChange, onConfirm, onCancel }: Props) {
  const { t } = useTranslation('calendar');
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => bar.current?.focus({ preventScroll: true }), []);
  const { at, isSkipped } = wall.instant(moving.local);
  const local = wall.local(at);
  const hasPassed = at <= Date.now();
  const when = momentWords(locale, local);

  function press(event: KeyboardEvent) {
    if (event.key === 'Escape') onCancel();
    else if (event.target instanceof HTMLInputElement || event.target instanceof HTMLButtonElement) return;
    else if (event.key === 'Enter') onConfirm();
    else {
      const step = stepOf(event, isMonth);
      if (!step) return;
      onChange(moving.local + step);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  const day = dayOf(local);
  const field = cx('control px-2 tabular', BOX);
  return (
    <div
      ref={bar}
      role="application"
      aria-label={t('moving.label', { text: moving.entry.text })}
      aria-describedby="moving-keys"
      tabIndex={-1}
      onKeyDown={press}
      className="fixed inset-x-2 bottom-2 z-40 mx-auto flex max-w-2xl flex-col gap-3 rounded-card border border-line bg-raised p-4 shadow-float outline-none md:bottom-5"
    >
      <p title={moving.entry.text} className="truncate text-small text-quiet">
        {t('moving.label', { text: moving.entry.text })}
      </p>
      <p className="text-read font-semibold first-letter:uppercase">
        {when} <span className="text-small font-normal text-quiet">{zonePlace(wall.zone)}</span>
      </p>
      <p role="status" className={cx('text-small', hasPassed || isSkipped ? 'text-state-failed' : 'sr-only')}>
        <span className="sr-only">{when}. </span>
        {hasPassed ? t('passed.title') : isSkipped ? t('skipped', { when }) : ''}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <IconButton
          icon="chevron-left"
          look="plain"
          label={t('moving.dayBefore')}
          onPress={() => onChange(local - DAY_MS)}
        />
        <input
          type="date"
          aria-label={t('moving.date')}
          value={textOfDay(day)}
          onChange={({ target }) => {
            const chosen = dayOfText(target.value);
            if (chosen !== undefined) onChange(chosen * DAY_MS + (local - day * DAY_MS));
          }}
          className={field}
        />
        <IconButton
          icon="chevron-right"
          look="plain"
          label={t('moving.dayAfter')}
          onPress={() => onChange(local + DAY_MS)}
        />
        <TimeInput
          label={t('moving.time')}
          value={textOfLocal(local).slice(11)}
          onChange={(time) => onChange(localOfText(`${textOfDay(day)}T${time}`))}
          className={field}
        />
        <span className="flex-1" />
        <Button onPress={onCancel}>{t('moving.cancel')}</Button>
        <Button look="solid" isDisabled={hasPassed} onPress={onConfirm}>
          {t('moving.confirm')}
        </Button>
      </div>
      <p
        id="moving-keys"
        className="sr-only flex-wrap items-center gap-x-3 gap-y-1 text-small text-quiet md:not-sr-only md:flex"
      >
        <span className="flex items-center gap-1">
          <Kbd>←</Kbd>
          <Kbd>→</Kbd> {t('moving.byDay')}
        </span>
        <span className="flex items-center gap-1">
          {isMonth && <Kbd>{t('keys.shift')}</Kbd>}
          <Kbd>↑</Kbd>
          <Kbd>↓</Kbd> {t('moving.byHour')}
        </span>
        <span className="flex items-center gap-1">
          <Kbd>{t('keys.enter')}</Kbd> {t('moving.confirm')}
        </span>
        <span className="flex items-center gap-1">
          <Kbd>{t('keys.escape')}</Kbd> {t('moving.cancel')}
        </span>
      </p>
    </div>
  );
}
