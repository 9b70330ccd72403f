import { useTranslation } from 'react-i18next';
import { cx } from './cx';

/** A grey placeholder for content that is loading. */
export function Bone({ className }: { className?: string }) {
  return (
    <span
      className={cx('block animate-breathe bg-press', !className?.includes('rounded-') && 'rounded-small', className)}
    />
  );
}

/** A list that is loading, announced to screen readers. */
export function Skeleton({ rows = 4, className }: { rows?: number; className?: string }) {
  const { t } = useTranslation('design');
  return (
    <div role="status" className={cx('flex flex-col gap-4', className)}>
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move.
        <span key={row} className="flex items-center gap-3" aria-hidden="true">
          <Bone className="size-9 rounded-full" />
          <span className="flex flex-1 flex-col gap-2">
            <Bone className={row % 2 ? 'h-3.5 w-2/5' : 'h-3.5 w-1/2'} />
            <Bone className={row % 2 ? 'h-3 w-3/5' : 'h-3 w-1/3'} />
          </span>
        </span>
      ))}
    </div>
  );
}
