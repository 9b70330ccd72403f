import { type FormEvent, useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { DialogTrigger, Popover } from '@/design/Dialog';
import { Form } from '@/design/Form';
import { TimeField } from '@/design/TimeField';
import { weekdayName } from './SlotWeek';
import { WEEKDAYS } from './slots';

/** What the field begins with. */
const FIRST = '09:00';

/** Adds a time to a day, and to others in the same go. */
export function AddSlot({
  weekday,
  isOpen,
  onOpenChange,
  onAdd,
}: {
  weekday: number;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  onAdd: (time: string, days: number[]) => void;
}) {
  const { t } = useTranslation('channels');
  const day = weekdayName(weekday);
  const [days, setDays] = useState<number[]>([weekday]);
  const [time, setTime] = useState(FIRST);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (time === '' || days.length === 0) return;
    onAdd(time, days);
    onOpenChange(false);
    setDays([weekday]);
    setTime(FIRST);
  }
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      <Button
        small
        look="quiet"
        icon="plus"
        aria-label={t('slots.addTo', { day })}
        className="px-2.5! text-quiet lg:px-0!"
      >
        <span className="lg:hidden">{t('slots.add')}</span>
      </Button>
      <Popover label={t('slots.addTo', { day })} className="w-72">
        <Form onSubmit={submit} className="flex flex-col gap-4">
          <TimeField label={t('slots.time')} value={time} onChange={setTime} isRequired autoFocus />
          <div className="flex flex-col gap-1.5">
            <span id={`days-${weekday}`} className="text-body font-medium">
              {t('slots.days')}
            </span>
            <ToggleButtonGroup
              aria-labelledby={`days-${weekday}`}
              selectionMode="multiple"
              disallowEmptySelection
              selectedKeys={days.map(String)}
              onSelectionChange={(keys) => setDays([...keys].map(Number))}
              className="grid grid-cols-7 gap-1"
            >
              {WEEKDAYS.map((each) => (
                <ToggleButton
                  key={each}
                  id={String(each)}
                  aria-label={weekdayName(each)}
                  className="inline-flex min-h-11 items-center justify-center rounded-control border border-edge text-small transition-colors data-hovered:bg-hover data-selected:border-brass data-selected:bg-brass data-selected:font-semibold data-selected:text-on-brass md:min-h-9"
                >
                  {weekdayName(each, 'short').slice(0, 2)}
                </ToggleButton>
              ))}
            </ToggleButtonGroup>
          </div>
          <Button type="submit" look="solid" wide>
            {t('slots.addAct')}
          </Button>
        </Form>
      </Popover>
    </DialogTrigger>
  );
}
