import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { useProblemWords } from '@/design/ErrorState';
import { Icon, type IconName } from '@/design/Icon';
import type { Saver } from './saver';

const SIGNS: Partial<Record<Saver['state']['kind'], IconName>> = {
  saved: 'check',
  saving: 'spinner',
  offline: 'wifi-off',
  failed: 'alert',
  conflict: 'alert',
};

/** Whether what was typed is stored. Read out when it is not. */
export function SaveState({ saver }: { saver: Saver }) {
  const { t } = useTranslation('compose');
  const words = useProblemWords();
  const { state } = saver;
  const isOnItsWay = state.kind === 'saving' || (state.kind === 'changed' && !state.isHeld);
  const isTrouble = state.kind === 'offline' || state.kind === 'failed' || state.kind === 'conflict';
  const icon = isOnItsWay ? 'spinner' : SIGNS[state.kind];
  function said(): string {
    if (isOnItsWay) return t('save.saving');
    if (state.kind === 'failed') return t('save.failed', { why: words(state.problem).title });
    if (state.kind === 'changed') return t('save.held');
    return t(`save.${state.kind as 'clean' | 'saved' | 'unstorable' | 'offline' | 'conflict'}`);
  }
  return (
    <div className="flex min-w-0 items-center gap-2">
      <p
        role={isTrouble ? 'alert' : undefined}
        className={cx(
          'flex min-w-0 items-center gap-1.5 text-small',
          state.kind === 'clean' && 'hidden sm:flex',
          isTrouble ? 'font-medium text-state-failed' : 'text-quiet',
        )}
      >
        {icon && <Icon name={icon} className="size-4" />}
        <span className="truncate" title={said()}>
          {said()}
        </span>
      </p>
      {(state.kind === 'failed' || state.kind === 'offline') && (
        <Button small onPress={() => void saver.flush()}>
          {t('save.again')}
        </Button>
      )}
    </div>
  );
}
