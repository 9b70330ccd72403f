import { CheckboxGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { locale } from '@/app/language';
import { Checkbox, Radio, RadioGroup, Switch } from '@/design/Choice';
import { FieldLabel, TextField } from '@/design/Field';
import { Option, Select } from '@/design/Select';
import { type End, later, type Repeating, weekdayOf } from './plan';

const COUNT_MAX = 500;
const INTERVAL_MAX = 99;
const MONTH_DAYS = 28;

function beginRepeating(local: string): Repeating {
  const until = later(local, MONTH_DAYS);
  return { every: 'week', interval: 1, weekdays: [weekdayOf(local)], end: 'count', count: 4, until };
}

/** Monday to Sunday in the language at hand. */
function weekdays(): string[] {
  const words = new Intl.DateTimeFormat(locale(), { weekday: 'short', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, day) => words.format(Date.UTC(2024, 0, 1 + day)));
}

/** How a post recurs. It always ends, so that none is published for ever because someone forgot it. */
export function RepeatFields({
  local,
  value,
  onChange,
}: {
  local: string;
  value: Repeating | undefined;
  onChange: (value: Repeating | undefined) => void;
}) {
  const { t } = useTranslation('compose');
  return (
    <div className="flex flex-col gap-3">
      <Switch isSelected={Boolean(value)} onChange={(isOn) => onChange(isOn ? beginRepeating(local) : undefined)}>
        {t('repeat.on')}
      </Switch>
      {value && <Fields value={value} onChange={onChange} />}
    </div>
  );
}

function Fields({ value, onChange }: { value: Repeating; onChange: (value: Repeating) => void }) {
  const { t } = useTranslation('compose');
  const put = (given: Partial<Repeating>) => onChange({ ...value, ...given });
  return (
    <div className="flex flex-col gap-4 rounded-control border border-line p-3">
      <div className="flex gap-3">
        <TextField
          label={t('repeat.interval')}
          type="number"
          inputMode="numeric"
          value={String(value.interval)}
          onChange={(words) => put({ interval: within(Number.parseInt(words, 10), INTERVAL_MAX) })}
          className="w-24"
        />
        <Select
          label={t('repeat.unit')}
          selectedKey={value.every}
          onSelectionChange={(every) => put({ every: every as Repeating['every'] })}
          className="flex-1"
        >
          {(['day', 'week', 'month'] as const).map((every) => (
            <Option key={every} id={every}>
              {t(`repeat.${every}`, { count: value.interval })}
            </Option>
          ))}
        </Select>
      </div>
      {value.every === 'week' && (
        <CheckboxGroup
          value={value.weekdays.map(String)}
          onChange={(days) => put({ weekdays: days.map(Number).sort() })}
          className="flex flex-col gap-1"
        >
          <FieldLabel label={t('repeat.weekdays')} />
          <div className="flex flex-wrap gap-x-4">
            {weekdays().map((day, place) => (
              <Checkbox key={day} value={String(place)}>
                {day}
              </Checkbox>
            ))}
          </div>
        </CheckboxGroup>
      )}
      <div className="flex flex-wrap items-end gap-3">
        <RadioGroup
          label={t('repeat.end')}
          value={value.end}
          onChange={(end) => put({ end: end as End })}
          sideways
          className="flex-1"
        >
          <Radio value="count">{t('repeat.count')}</Radio>
          <Radio value="until">{t('repeat.until')}</Radio>
        </RadioGroup>
        {value.end === 'count' ? (
          <TextField
            label={t('repeat.times')}
            type="number"
            inputMode="numeric"
            value={String(value.count)}
            onChange={(words) => put({ count: within(Number.parseInt(words, 10), COUNT_MAX) })}
            className="w-32"
          />
        ) : (
          <TextField
            label={t('repeat.last')}
            type="date"
            value={value.until}
            onChange={(until) => put({ until })}
            className="w-44"
          />
        )}
      </div>
    </div>
  );
}

function within(number: number, max: number): number {
  return Number.isFinite(number) ? Math.min(max, Math.max(1, number)) : 1;
}
