import { PlatformDrawing } from '@/design/PlatformIcon';
import { useScope } from './scope';

/** How many signs stand side by side before a number does. */
const MARKS_MAX = 4;

/** The platforms of some channels, small. Their names are in the label of what they stand in. */
export function Marks({ channels: ids, small = false }: { channels: readonly string[]; small?: boolean }) {
  const { channels, icons } = useScope();
  const platforms = [...new Set(ids.map((id) => channels.get(id)?.platform ?? ''))].sort();
  return (
    <span className="inline-flex shrink-0 items-center gap-0.5 text-quiet">
      {platforms.slice(0, MARKS_MAX).map((platform) => (
        <PlatformDrawing key={platform} icon={icons.get(platform)} className={small ? 'size-3' : 'size-3.5'} />
      ))}
      {platforms.length > MARKS_MAX && <span className="text-small">+{platforms.length - MARKS_MAX}</span>}
    </span>
  );
}
