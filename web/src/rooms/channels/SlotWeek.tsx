import { useState } from 'react';
import { Button as AriaButton, Tag, TagGroup, TagList } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { locale } from '@/app/language';
import { IconButton } from '@/design/Button';
import { clockWords } from '@/design/clock';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { Menu, MenuItem, MenuLine, MenuTrigger } from '@/design/Menu';
import { AddSlot } from './AddSlot';
import { add, clearDay, copyDay, ofDay, remove, type Slot, WEEKDAYS } from './slots';

/** The first Monday of 2024, to have weekdays named by the calendar of the language. */
const MONDAY = Date.UTC(2024, 0, 1);

export function weekdayName(weekday: number, width: 'long' | 'short' = 'long'): string {
  const names = new Intl.DateTimeFormat(locale(), { weekday: width, timeZone: 'UTC' });
  return names.format(MONDAY + weekday * 86_400_000);
}

type OnChange = (slots: Slot[], said?: string) => void;

/**
 * The week: a column for each day at a desk, a row at phone width. In a day the arrows move from time to time and
 * Delete takes one away. Without `onChange` it is only to be read.
 */
export function SlotWeek({ slots, onChange }: { slots: Slot[]; onChange?: OnChange }) {
  const { t } = useTranslation('channels');
  return (
    <ol aria-label={t('slots.week')} className="grid divide-y divide-line lg:grid-cols-7 lg:divide-x lg:divide-y-0">
      {WEEKDAYS.map((weekday) => (
        <Day key={weekday} weekday={weekday} slots={slots} {...(onChange ? { onChange } : {})} />
      ))}
    </ol>
  );
}

function Day({ weekday, slots, onChange }: { weekday: number; slots: Slot[]; onChange?: OnChange }) {
  const { t } = useTranslation('channels');
  const times = ofDay(slots, weekday);
  const day = weekdayName(weekday);
  return (
    <li className="flex min-w-0 items-start gap-2 py-2 lg:min-h-44 lg:flex-col lg:items-stretch lg:px-2 lg:py-0 lg:first:pl-0 lg:last:pr-0">
      <div className="flex w-12 shrink-0 items-center justify-between lg:w-auto lg:min-h-9 lg:pl-1">
        <h3 className="flex min-h-11 items-center text-small font-medium text-quiet lg:min-h-8">
          <span aria-hidden="true">{weekdayName(weekday, 'short')}</span>
          <span className="sr-only">{day}</span>
        </h3>
        {onChange && (
          <span className="hidden lg:block">
            <DayMenu weekday={weekday} slots={slots} onChange={onChange} />
          </span>
        )}
      </div>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1.5 lg:flex-none lg:flex-col lg:items-stretch">
        {times.length > 0 && (
          <Times weekday={weekday} times={times} slots={slots} {...(onChange ? { onChange } : {})} />
        )}
        {times.length === 0 && !onChange && (
          <span className="flex min-h-11 items-center text-small text-faint lg:min-h-8 lg:pl-1">{t('slots.none')}</span>
        )}
        {onChange && <Adding weekday={weekday} slots={slots} onChange={onChange} />}
      </div>
      {onChange && (
        <span className="lg:hidden">
          <DayMenu weekday={weekday} slots={slots} onChange={onChange} />
        </span>
      )}
    </li>
  );
}

function Times({
  weekday,
  times,
  slots,
  onChange,
}: {
  weekday: number;
  times: string[];
  slots: Slot[];
  onChange?: OnChange;
}) {
  const { t } = useTranslation('channels');
  const day = weekdayName(weekday);
  const onRemove = (keys: Iterable<React.Key>) => {
    const gone = [...keys].map(String);
    const left = gone.reduce((all, time) => remove(all, { weekday, time }), slots);
    onChange?.(left, t('slots.removed', { day, time: gone.map((time) => clockWords(time)).join(', ') }));
  };
  return (
    <TagGroup
      aria-label={t('slots.day', { day })}
      selectionMode="none"
      className="contents"
      {...(onChange ? { onRemove } : {})}
    >
      <TagList className="contents">
        {times.map((time) => (
          <Tag
            key={time}
            id={time}
            textValue={clockWords(time)}
            className={cx(
              'flex min-h-11 items-center justify-between gap-1 rounded-control bg-brass-tint pl-3 text-body font-medium text-accent outline-offset-1 lg:min-h-8 lg:pl-2.5',
              !onChange && 'pr-3',
            )}
          >
            <span className="tabular">{clockWords(time)}</span>
            {onChange && (
              <AriaButton
                slot="remove"
                aria-label={t('slots.remove', { day, time: clockWords(time) })}
                className="inline-flex size-11 items-center justify-center rounded-control text-quiet transition-colors data-hovered:bg-press data-hovered:text-ink lg:size-8"
              >
                <Icon name="close" className="size-4" />
              </AriaButton>
            )}
          </Tag>
        ))}
      </TagList>
    </TagGroup>
  );
}

function Adding({ weekday, slots, onChange }: { weekday: number; slots: Slot[]; onChange: OnChange }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <AddSlot
      weekday={weekday}
      isOpen={isOpen}
      onOpenChange={setOpen}
      onAdd={(time, days) => onChange(add(slots, time, days))}
    />
  );
}

const WORKDAYS = [0, 1, 2, 3, 4];

/** Gives other days the times of this one, or takes them all away. */
function DayMenu({ weekday, slots, onChange }: { weekday: number; slots: Slot[]; onChange: OnChange }) {
  const { t } = useTranslation('channels');
  const day = weekdayName(weekday);
  const isEmpty = ofDay(slots, weekday).length === 0;
  function act(key: React.Key) {
    if (key === 'clear') return onChange(clearDay(slots, weekday), t('slots.dayCleared', { day }));
    const to = key === 'all' ? WEEKDAYS : key === 'workdays' ? WORKDAYS : [Number(key)];
    onChange(copyDay(slots, weekday, to), t('slots.copied', { day }));
  }
  return (
    <MenuTrigger>
      <IconButton small icon="more" label={t('slots.dayMenu', { day })} isDisabled={isEmpty} />
      <Menu aria-label={t('slots.dayMenu', { day })} placement="bottom end" onAction={act}>
        <MenuItem id="all" icon="copy">
          {t('slots.copyAll')}
        </MenuItem>
        <MenuItem id="workdays" icon="copy">
          {t('slots.copyWorkdays')}
        </MenuItem>
        {WEEKDAYS.filter((other) => other !== weekday).map((other) => (
          <MenuItem key={other} id={String(other)}>
            {t('slots.copyTo', { day: weekdayName(other) })}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem id="clear" icon="trash">
          {t('slots.clearDay')}
        </MenuItem>
      </Menu>
    </MenuTrigger>
  );
}
