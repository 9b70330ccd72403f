import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { TextField } from '@/design/Field';
import { TimeField } from '@/design/TimeField';
import { zonePlace } from '@/design/zones';

interface Time {
  date: string;
  time: string;
  zone: string;
  isGood: boolean;
  schedule: Schedule;
  set: (date: string, time: string) => void;
}

/** A local time in the workspace's zone, begun with the next full hour. */
export function useTime(): Time {
  const { zone } = useWorkspace();
  const [{ date, time }, set] = useState(() => {
    const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    const [first = '', hour = ''] = shown.format(Date.now() + 3_600_000).split(' ');
    return { date: first, time: `${hour.slice(0, 2)}:00` };
  });
  return {
    date,
    time,
    zone,
    isGood: date !== '' && time !== '',
    schedule: { local: `${date}T${time}`, zone },
    set: (next, at) => set({ date: next, time: at }),
  };
}

export function TimeFields({ time: { date, time, zone, set } }: { time: Time }) {
  const { t } = useTranslation('post');
  return (
    <div className="flex flex-wrap items-end gap-3">
      <TextField type="date" label={t('time.date')} value={date} onChange={(next) => set(next, time)} />
      <TimeField label={t('time.time')} value={time} onChange={(next) => set(date, next)} />
      <p className="pb-2 text-small text-quiet">{t('time.zone', { place: zonePlace(zone) })}</p>
    </div>
  );
}
