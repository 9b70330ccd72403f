import { cx } from '@/design/cx';
import { PlatformDrawing } from '@/design/PlatformIcon';
import { useScope } from './scope';

/** How many signs stand side by side before a number does. */
const MARKS_MAX = 3;

/**
 * The platforms of some channels. Their names are in the label of what they stand in. Small ones stand beside a time, in a
 * container; where that has no room for signs and a number, neither is shown, because signs alone would say too little.
 */
export function Marks({ channels: ids, small = false }: { channels: readonly string[]; small?: boolean }) {
  const { channels, icons } = useScope();
  const platforms = [...new Set(ids.map((id) => channels.get(id)?.platform ?? ''))].sort();
  const more = platforms.length - MARKS_MAX;
  return (
    <span
      className={cx('inline-flex shrink-0 items-center gap-0.5 text-quiet', small && more > 0 && '@max-[8rem]:hidden')}
    >
      {platforms.slice(0, MARKS_MAX).map((platform) => (
        <PlatformDrawing key={platform} icon={icons.get(platform)} className={small ? 'size-3' : 'size-3.5'} />
      ))}
      {more > 0 && <span className="text-small">+{more}</span>}
    </span>
  );
}
