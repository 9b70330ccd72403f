import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { clockWords } from '@/design/clock';
import { TextField } from '@/design/Field';
import { Icon } from '@/design/Icon';
import { TimeField } from '@/design/TimeField';
import { whenText } from '@/design/When';
import { zonePlace } from '@/design/zones';
import { changesThatDay, instantOf, isGap } from './times';

interface Props {
  local: string;
  zone: string;
  onChange: (local: string) => void;
  isPast: boolean;
}

/** A day and a time, with what clocks do on that day. */
export function LocalTime({ local, zone, onChange, isPast }: Props) {
  const { t } = useTranslation('compose');
  const [date = '', time = ''] = local.split('T');
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-3">
        <TextField
          label={t('when.date')}
          type="date"
          value={date}
          onChange={(next) => onChange(`${next}T${time}`)}
          isInvalid={isPast}
          className="grow-5 basis-36"
        />
        <TimeField
          label={t('when.time')}
          value={time.slice(0, 5)}
          onChange={(next) => onChange(`${date}T${next}`)}
          isInvalid={isPast}
          className="grow-4 basis-34"
        />
      </div>
      <ClockNote local={local} zone={zone} onChange={onChange} isPast={isPast} />
    </div>
  );
}

/** A time that has passed, that does not exist, that comes twice; a day on which clocks change. */
function ClockNote({ local, zone, onChange, isPast }: Props) {
  const { t } = useTranslation('compose');
  const moment = instantOf(local, zone);
  const place = zonePlace(zone);
  if (isPast) {
    return (
      <p role="alert" className="flex gap-1.5 text-small font-medium text-state-failed">
        <Icon name="alert" className="size-4" />
        {t('when.past')}
      </p>
    );
  }
  if (isGap(moment)) {
    const { firstValid } = moment;
    return (
      <div role="alert" className="flex flex-wrap items-center gap-2 rounded-control bg-state-failed-tint px-3 py-2">
        <p className="min-w-0 flex-1 text-small">
          {t('when.gap', { time: clockWords(local.slice(11, 16)), place, first: clockWords(firstValid.slice(11, 16)) })}
        </p>
        <Button small onPress={() => onChange(firstValid)}>
          {t('when.useFirst', { first: clockWords(firstValid.slice(11, 16)) })}
        </Button>
      </div>
    );
  }
  const change = changesThatDay(local, zone);
  if (moment?.isTwice) {
    return (
      <Note>{t('when.twice', { time: local.slice(11, 16), place, utc: whenText(moment.at, 'Etc/UTC', 'time') })}</Note>
    );
  }
  if (change) return <Note>{t(`when.clocks.${change}`, { place })}</Note>;
  return null;
}

function Note({ children }: { children: string }) {
  return (
    <p className="flex gap-1.5 text-small text-quiet">
      <Icon name="clock" className="size-4" />
      <span className="min-w-0 flex-1">{children}</span>
    </p>
  );
}
