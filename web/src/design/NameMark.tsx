import { cx } from './cx';

/** The sign: the bell of a horn, and its sound going out. Stands for the name, so it says it. */
export function Sign({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cx('size-7 shrink-0', className)} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--color-brass)" />
      <g fill="none" stroke="var(--color-on-brass)" strokeWidth="2.75" strokeLinecap="round" strokeLinejoin="round">
        <path
          d="M6 13.25h3.500c4.200 0 7.300-2.100 9.250-6.250v18c-1.950-4.150-5.050-6.250-9.250-6.250H6z"
          fill="var(--color-on-brass)"
        />
        <path d="M23 12.250a6 6 0 0 1 0 7.500" />
        <path d="M26.250 8.750a11 11 0 0 1 0 14.500" />
      </g>
    </svg>
  );
}

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
