import { useTranslation } from 'react-i18next';
import { Switch } from '@/design/Choice';
import { Dialog } from '@/design/Dialog';
import { Kbd } from '@/design/Kbd';
import { COMPOSE, PLACES } from './navigation';
import { setShortcuts, useListedKeys, useShortcutsOn } from './shortcuts';

/** The list of keyboard shortcuts, opened by `?`, with the switch to turn them off. */
export function ShortcutSheet({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }) {
  const { t } = useTranslation('shell');
  const isOn = useShortcutsOn();
  const own = useListedKeys();
  const rows: [string, string[]][] = [
    ...(COMPOSE ? ([[t('newPost'), ['c']]] as [string, string[]][]) : []),
    ...PLACES.map(({ name, key }): [string, string[]] => [t(`nav.${name}`), ['g', key]]),
    [t('shortcuts.help'), ['?']],
    ...own.map(({ key, words }): [string, string[]] => [words, key.split(' ')]),
  ];
  return (
    <Dialog title={t('shortcuts.title')} isOpen={isOpen} onOpenChange={onOpenChange}>
      <dl className="flex flex-col divide-y divide-line">
        {rows.map(([words, keys]) => (
          <div key={words} className="flex items-center justify-between py-2">
            <dt>{words}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        isSelected={isOn}
        onChange={setShortcuts}
        className="mt-3 border-t border-line pt-4"
        hint={t('shortcuts.hint')}
      >
        {t('shortcuts.on')}
      </Switch>
    </Dialog>
  );
}
