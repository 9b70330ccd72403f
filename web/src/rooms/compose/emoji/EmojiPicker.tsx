import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Autocomplete, ListBox, ListBoxItem, Toolbar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { isLanguage } from '@/app/language';
import { cx } from '@/design/cx';
import { SearchField } from '@/design/SearchField';
import { Skeleton } from '@/design/Skeleton';
import { found, GROUPS, readEmoji } from './emoji';

/** So many are shown of what was found. */
const SHOWN = 60;

/** Signs to choose from: by group, or by words. The keyboard stays in the search field and moves through the signs. */
export function EmojiPicker({ onPick }: { onPick: (sign: string) => void }) {
  const { t, i18n } = useTranslation('compose');
  const language = isLanguage(i18n.language) ? i18n.language : 'en';
  const { data } = useQuery({
    queryKey: ['emoji', language],
    queryFn: () => readEmoji(language),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [sought, seek] = useState('');
  const [group, setGroup] = useState<number>(GROUPS[0]);
  const isSearch = sought.trim() !== '';
  const shown = isSearch ? found(data ?? [], sought, SHOWN) : (data ?? []).filter((one) => one.group === group);
  return (
    <div className="flex w-80 max-w-full flex-col gap-2">
      <Autocomplete inputValue={sought} onInputChange={seek}>
        <SearchField label={t('emoji.search')} autoFocus />
        {!isSearch && (
          <Toolbar aria-label={t('emoji.groups')} className="flex flex-wrap gap-0.5">
            {GROUPS.map((one) => (
              <button
                key={one}
                type="button"
                aria-label={t(`emoji.group${one}`)}
                aria-pressed={one === group}
                onClick={() => setGroup(one)}
                className={cx(
                  'size-11 rounded-control text-read md:size-8',
                  one === group ? 'bg-brass-tint' : 'hover:bg-hover',
                )}
              >
                {data?.find((first) => first.group === one)?.sign}
              </button>
            ))}
          </Toolbar>
        )}
        {data ? (
          <ListBox
            aria-label={t('emoji.list')}
            layout="grid"
            items={shown.map((one) => ({ ...one, id: one.sign }))}
            onAction={(sign) => onPick(String(sign))}
            renderEmptyState={() => <p className="p-2 text-small text-quiet">{t('emoji.none')}</p>}
            className="grid max-h-64 grid-cols-[repeat(auto-fill,minmax(2.5rem,1fr))] overflow-y-auto outline-none"
          >
            {({ sign, name }) => (
              <ListBoxItem
                textValue={name}
                aria-label={name}
                className="flex size-10 items-center justify-center rounded-control text-title outline-none data-focused:bg-hover data-focused:outline-2 data-focused:-outline-offset-2 data-focused:outline-focus"
              >
                {sign}
              </ListBoxItem>
            )}
          </ListBox>
        ) : (
          <Skeleton rows={4} />
        )}
      </Autocomplete>
    </div>
  );
}
