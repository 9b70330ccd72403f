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
export function SlotButton({ slot, pill = false }: { slot: FreeSlot; pill?: boolean }) {
  const { t } = useTranslation('calendar');
  const { zone } = useWorkspace();
  const { locale, wall, channels, icons, mayWrite } = useScope();
  if (!mayWrite) return null;
  // The composer's times are the workspace's, whatever the calendar shows.
  const local = wall.zone === zone ? slot.local : new Wall(zone, slot.at, slot.at).local(slot.at);
  const names = slot.channels.map((id) => channels.get(id)?.name ?? '');
  const platforms = [...new Set(slot.channels.map((id) => channels.get(id)?.platform ?? ''))].sort();
  return (
    <Link
      to="/compose/{-$post}"
      search={{ at: textOfLocal(local) }}
      tabIndex={-1}
      data-stop={slot.day}
      aria-label={t('slotFor', { when: momentWords(locale, slot.local), channels: names.join(', ') })}
      className={cx(
        'items-center gap-1 overflow-hidden border border-dashed border-line text-small text-faint hover:border-edge hover:text-ink',
        pill ? 'inline-flex min-h-11 rounded-full px-3 md:min-h-7 md:px-2.5' : 'flex h-6.5 w-full rounded-small px-1.5',
      )}
    >
      <span className="tabular shrink-0">{timeWords(locale, slot.local)}</span>
      {!pill && <span className="flex-1" />}
      <span className="flex min-w-0 gap-0.5 overflow-hidden">
        {platforms.slice(0, 3).map((platform) => (
          <PlatformDrawing key={platform} icon={icons.get(platform)} className="size-3.5" />
        ))}
      </span>
      <Icon name="plus" className="size-3.5" />
    </Link>
  );
}
