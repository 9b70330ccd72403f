import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody } from '@/api/schema';
import { type Entry, live } from './model/entries';
import { listWords, momentWords } from './model/words';

/** All that the signs of an entry say, in words. One function for hundreds of entries. */
export function useEntryLabel(
  channels: ReadonlyMap<string, ChannelBody>,
  nameOf: (channel: ChannelBody) => string,
  author: (id: string) => string,
  locale: string,
): (entry: Entry) => string {
  const { t } = useTranslation('calendar');
  const { t: word } = useTranslation('design');
  return useCallback(
    (entry) => {
      const names = entry.channels.map((id) => {
        const channel = channels.get(id);
        return channel ? nameOf(channel) : t('goneChannel');
      });
      const [count, isLive] = [entry.items.length, live(entry)];
      const state = word(`state.${entry.state}`);
      return t('entry', {
        when: entry.series
          ? t('repeatsAt', { when: momentWords(locale, entry.local) })
          : momentWords(locale, entry.local),
        state: isLive > 0 && isLive < count ? t('stateOfSome', { state, live: isLive, count }) : state,
        channels: listWords(locale, [...new Set(names)]),
        text: [entry.text || t('noText'), t('by', { name: author(entry.madeBy) })].join(' · '),
      });
    },
    [t, word, channels, nameOf, author, locale],
  );
}
