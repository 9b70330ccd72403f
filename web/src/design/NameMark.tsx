import { cx } from './cx';

/** The sign: a horn raised to play. Its name stands beside it. */
export function Sign({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 32 32"
      className={cx(!className?.includes('size-') && 'size-7', 'shrink-0', className)}
      aria-hidden="true"
    >
      <rect width="32" height="32" rx="8" fill="var(--color-brass)" />
      <g stroke="var(--color-on-brass)" strokeLinecap="round" strokeLinejoin="round" transform="rotate(-24 16 16)">
        <path d={BELL} fill="var(--color-on-brass)" strokeWidth="1.2" />
        <path d={TUBES} fill="none" strokeWidth="2" />
      </g>
    </svg>
  );
}

const BELL =
  'M13 14.100c4.600 0 8-1.900 10.600-6.300 1.900 4.800 1.900 10.400 0 15.200-2.600-4.400-6-6.300-10.600-6.300z';
const TUBES =
  'M4.500 15.400H15M4.500 13.600v3.600M8 15.400v3.400a2.600 2.600 0 0 0 2.600 2.600h3.300a2.600 2.600 0 0 0 2.600-2.600v-1.600M9.200 11.400v3.400M12.200 11.400v3.400M15.200 11.400v2.800';

/** The sign with the name beside it. */
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
