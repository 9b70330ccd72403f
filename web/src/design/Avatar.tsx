import { cx } from './cx';
import { PlatformIcon } from './PlatformIcon';

const SIZES = { small: 'size-6 text-[0.625rem]', normal: 'size-8 text-small', large: 'size-11 text-body' };

/** The first letters of a name. */
function letters(name: string): string {
  const words = name.trim().split(/[\s._-]+/);
  const [first = '', second = ''] = [words[0], words.length > 1 ? words.at(-1) : ''];
  return ((Array.from(first)[0] ?? '') + (Array.from(second)[0] ?? '')).toUpperCase();
}

/** Initials of a person or thing; a channel has its platform's icon in the corner. Shown beside the name. */
export function Avatar({
  name,
  platform,
  size = 'normal',
  className,
}: {
  name: string;
  platform?: string;
  size?: keyof typeof SIZES;
  className?: string;
}) {
  return (
    <span className={cx('relative inline-flex shrink-0', className)} aria-hidden="true">
      <span
        className={cx(
          'inline-flex items-center justify-center rounded-full bg-brass-tint font-semibold text-accent',
          SIZES[size],
        )}
      >
        {letters(name)}
      </span>
      {platform && (
        <span className="absolute -right-1.5 -bottom-1 inline-flex rounded-full border border-line bg-raised p-[3px] text-ink">
          <PlatformIcon platform={platform} className={size === 'large' ? 'size-3.5' : 'size-2.5'} />
        </span>
      )}
    </span>
  );
}
