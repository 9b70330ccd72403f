import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody } from '@/api/schema';
import { stateIcon } from '@/design/Badge';
import { Button } from '@/design/Button';
import { Checkbox } from '@/design/Choice';
import { DialogTrigger, Popover } from '@/design/Dialog';
import { Icon } from '@/design/Icon';
import { SearchField } from '@/design/SearchField';
import { ChannelName } from '@/parts/ChannelName';
import { type Filters, STATE_GROUPS, type StateGroup } from './model/entries';
import { isFiltered } from './model/search';

const GROUPS = Object.keys(STATE_GROUPS) as StateGroup[];

function without<T>(all: readonly T[], one: T, isOn: boolean): T[] {
  return isOn ? [...all, one] : all.filter((other) => other !== one);
}

/** What of the calendar is shown. It stands in the address, so that it can be sent to someone. */
export function FilterBar({
  channels,
  filters,
  onChange,
}: {
  channels: readonly ChannelBody[];
  filters: Filters;
  onChange: (filters: Filters) => void;
}) {
  const { t } = useTranslation('calendar');
  const { t: word } = useTranslation('design');
  const count = filters.channels.length + filters.states.length;
  return (
    <search className="flex w-full flex-wrap items-center gap-2 sm:w-auto">
      <SearchField
        label={t('filter.words')}
        value={filters.words}
        onChange={(words) => onChange({ ...filters, words })}
        className="min-w-40 flex-1 sm:w-56 sm:flex-none"
      />
      <DialogTrigger>
        <Button icon="filter">{count > 0 ? t('filter.on', { count }) : t('filter.open')}</Button>
        <Popover label={t('filter.open')} className="flex w-80 max-w-full flex-col gap-3">
          <CheckboxGroup label={t('filter.channels')}>
            {channels.map((channel) => (
              <Checkbox
                key={channel.id}
                isSelected={filters.channels.includes(channel.id)}
                onChange={(isOn) => onChange({ ...filters, channels: without(filters.channels, channel.id, isOn) })}
              >
                <ChannelName channel={channel} inline />
              </Checkbox>
            ))}
          </CheckboxGroup>
          <CheckboxGroup label={t('filter.states')}>
            {GROUPS.map((group) => (
              <Checkbox
                key={group}
                isSelected={filters.states.includes(group)}
                onChange={(isOn) => onChange({ ...filters, states: without(filters.states, group, isOn) })}
              >
                <span className="flex items-center gap-2">
                  <Icon name={stateIcon(group)} className="size-4 animate-none! text-quiet" />
                  {word(`state.${group}`)}
                </span>
              </Checkbox>
            ))}
          </CheckboxGroup>
        </Popover>
      </DialogTrigger>
      {isFiltered(filters) && (
        <Button look="quiet" onPress={() => onChange({ channels: [], states: [], words: '' })}>
          {t('filter.clear')}
        </Button>
      )}
    </search>
  );
}

function CheckboxGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className="flex flex-col">
      <legend className="pb-1 text-small font-medium text-faint">{label}</legend>
      {children}
    </fieldset>
  );
}
