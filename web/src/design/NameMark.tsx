import { cx } from './cx';

/** The logo: an F made of two horns. Shown beside the name. */
export function Sign({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 32 32"
      className={cx(!className?.includes('size-') && 'size-7', 'shrink-0', className)}
      aria-hidden="true"
    >
      <rect width="32" height="32" rx="8" fill="var(--color-brass)" />
      <path d={HORNS} fill="var(--color-on-brass)" stroke="var(--color-on-brass)" strokeLinejoin="round" />
    </svg>
  );
}

const HORNS =
  'M7.500 27.500V15c0-4.800 2.900-7.200 7.700-7.200 3.900 0 6.800-1.100 9.300-4.200v11.600c-2.500-2.900-5.400-3.900-9.300-3.900-2.400 0-3.400 1-3.400 3.400v2.500h2.900c2.400 0 4.400-.8 6.200-2.800v8.600c-1.800-2-3.800-2.800-6.200-2.800h-2.900v7.300z';

/** The logo with the name. */
export function NameMark({ className }: { className?: string }) {
  return (
    <span className={cx('inline-flex items-center gap-2.5', className)}>
      <Sign />
      <span className="text-title font-semibold tracking-tight text-ink">{NAME}</span>
    </span>
  );
}

/** A name is the same in every language. */
export const NAME = 'Fanfare';
