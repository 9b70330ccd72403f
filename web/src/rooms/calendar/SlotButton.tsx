import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useWorkspace } from '@/app/session';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { PlatformDrawing } from '@/design/PlatformIcon';
import type { FreeSlot } from './model/slots';
import { textOfLocal, Wall } from './model/wall';
import { momentWords, timeWords } from './model/words';
import { useScope } from './scope';

/** A free queue slot: faint, and the way to a post for it. */
export function SlotButton({ slot, row = false }: { slot: FreeSlot; row?: boolean }) {
  const { t } = useTranslation('calendar');
  const { zone } = useWorkspace();
  const { locale, wall, channels, icons, mayWrite } = useScope();
  if (!mayWrite) return null;
  // The composer's times are the workspace's, whatever the calendar shows.
  const local = wall.zone === zone ? slot.local : new Wall(zone, slot.at, slot.at).local(slot.at);
  const names = slot.channels.map((id) => channels.get(id)?.name ?? '');
  const platforms = [...new Set(slot.channels.map((id) => channels.get(id)?.platform ?? ''))];
  return (
    <Link
      to="/compose/{-$post}"
      search={{ at: textOfLocal(local) }}
      tabIndex={-1}
      data-stop={slot.day}
      aria-label={t('slotFor', { when: momentWords(locale, slot.local), channels: names.join(', ') })}
      className={cx(
        'flex w-full min-w-0 items-center gap-1 rounded-small text-small text-faint hover:text-ink',
        row
          ? 'min-h-11 gap-3 border-l-3 border-transparent px-3 hover:bg-hover md:min-h-9'
          : 'h-6.5 border border-dashed border-line px-1.5 hover:border-edge',
      )}
    >
      <span className={cx('tabular shrink-0', row && 'w-12')}>{timeWords(locale, slot.local)}</span>
      <span className="min-w-0 flex-1 truncate">{row && t('slotRow')}</span>
      <span className="flex shrink-0 gap-0.5">
        {platforms.slice(0, 3).map((platform) => (
          <PlatformDrawing key={platform} icon={icons.get(platform)} className="size-3.5" />
        ))}
      </span>
      <Icon name="plus" className="size-3.5" />
    </Link>
  );
}
