import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { timeWords } from './model/words';
import { useScope } from './scope';

/** On a day when the clocks change: that they do, and which hour there is not, or twice. */
export function ClockNote({ day, short = false, className }: { day: number; short?: boolean; className?: string }) {
  const { t } = useTranslation('calendar');
  const { changes, locale } = useScope();
  const change = changes.find((one) => one.day === day);
  if (!change) return null;
  const hours = { from: timeWords(locale, change.from), until: timeWords(locale, change.until) };
  const whole = change.kind === 'back' ? t('clocks.backWhole', hours) : t('clocks.forwardWhole', hours);
  return (
    <span title={whole} className={cx('flex min-w-0 items-center gap-1 text-small text-state-scheduled', className)}>
      <Icon name="clock" className="size-3.5" />
      <span className={cx('min-w-0', short && 'truncate')} aria-hidden={short || undefined}>
        {short ? t(change.kind === 'back' ? 'clocks.back' : 'clocks.forward') : whole}
      </span>
      {short && <span className="sr-only">{whole}</span>}
    </span>
  );
}
