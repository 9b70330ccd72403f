import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Said } from './Field';
import { ComboBox, Option } from './Select';
import { allZones, zoneOffset, zoneTime, zoneWords } from './zones';

/** Chooses a time zone by place. Each option shows the current time there, which people recognize. */
export function ZonePicker({
  value,
  onChange,
  name,
  ...said
}: Partial<Said> & { value: string; onChange: (zone: string) => void; name?: string }) {
  const { t } = useTranslation('design');
  const items = useMemo(() => {
    const now = new Date();
    return allZones(value).map((id) => ({
      id,
      words: zoneWords(id),
      offset: zoneOffset(id, now),
      time: zoneTime(id, now),
    }));
  }, [value]);
  return (
    <ComboBox
      label={t('zone')}
      hint={t('zoneHint', { time: zoneTime(value, new Date()), zone: zoneWords(value) })}
      {...said}
      {...(name ? { name } : {})}
      defaultItems={items}
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      menuTrigger="focus"
    >
      {(zone) => (
        <Option id={zone.id} textValue={zone.words}>
          <span className="min-w-0 flex-1 truncate">{zone.words}</span>
          <span className="text-small text-quiet tabular">{zone.time}</span>
          <span className="w-18 text-right text-small text-faint tabular">{zone.offset}</span>
        </Option>
      )}
    </ComboBox>
  );
}
