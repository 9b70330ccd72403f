import { type FormEvent, useState } from 'react';
import { Form, ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { DialogTrigger, Popover } from '@/design/Dialog';
import { TextField } from '@/design/Field';
import { weekdayName } from './SlotWeek';
import { WEEKDAYS } from './slots';

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
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const time = String(new FormData(event.currentTarget).get('time') ?? '').slice(0, 5);
    if (!/^\d\d:\d\d$/.test(time) || days.length === 0) return;
    onAdd(time, days);
    onOpenChange(false);
    setDays([weekday]);
  }
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={onOpenChange}>
      <Button
        small
        look="quiet"
        icon="plus"
        aria-label={t('slots.addTo', { day })}
        className="px-2.5! text-quiet md:justify-start! md:pl-1.5!"
      >
        {t('slots.add')}
      </Button>
      <Popover label={t('slots.addTo', { day })} className="w-72">
        <Form onSubmit={submit} className="flex flex-col gap-4">
          <TextField label={t('slots.time')} name="time" type="time" defaultValue="09:00" isRequired autoFocus />
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
