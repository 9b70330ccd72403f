import { useState } from 'react';
import { cx } from './cx';
import { PlatformIcon } from './PlatformIcon';

const SIZES = { small: 'size-6 text-[0.625rem]', normal: 'size-8 text-small', large: 'size-11 text-body' };

/** Colours for initials, whole class names so that they are found. None of them means a state. */
const HUES = [
  'bg-hue-1-tint text-hue-1',
  'bg-hue-2-tint text-hue-2',
  'bg-hue-3-tint text-hue-3',
  'bg-hue-4-tint text-hue-4',
  'bg-hue-5-tint text-hue-5',
] as const;

/** The first letters of a name. */
function letters(name: string): string {
  const words = name.trim().split(/[\s._-]+/);
  const [first = '', second = ''] = [words[0], words.length > 1 ? words.at(-1) : ''];
  return ((Array.from(first)[0] ?? '') + (Array.from(second)[0] ?? '')).toUpperCase();
}

/** One of the colours for initials, the same for the same name. */
function hueOf(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return HUES[sum % HUES.length] ?? HUES[0];
}

/**
 * A picture, or the initials of a person or channel in a colour of their own; a channel has its platform's icon in the corner.
 * Shown beside the name, so it says nothing by itself.
 */
export function Avatar({
  name,
  platform,
  picture,
  size = 'normal',
  className,
}: {
  name: string;
  platform?: string;
  /** An address of this installation: a browser never asks a platform for a picture. */
  picture?: string | undefined;
  size?: keyof typeof SIZES;
  className?: string;
}) {
  const [missing, setMissing] = useState<string>();
  return (
    <span className={cx('relative inline-flex shrink-0', className)} aria-hidden="true">
      {picture && picture !== missing ? (
        <img
          src={picture}
          alt=""
          draggable={false}
          onError={() => setMissing(picture)}
          className={cx('rounded-full bg-sunken object-cover', SIZES[size])}
        />
      ) : (
        <span
          className={cx('inline-flex items-center justify-center rounded-full font-semibold', hueOf(name), SIZES[size])}
        >
          {letters(name)}
        </span>
      )}
      {platform && (
        <span className="absolute -right-1.5 -bottom-1 inline-flex rounded-full border border-line bg-raised p-[3px] text-ink">
          <PlatformIcon platform={platform} className={size === 'large' ? 'size-3.5' : 'size-2.5'} />
        </span>
      )}
    </span>
  );
}
