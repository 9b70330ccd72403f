import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useWorkspace } from '@/app/session';
import { isTwelve } from '@/design/clock';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { PlatformDrawing } from '@/design/PlatformIcon';
import { composeSearch } from './model/begin';
import type { FreeSlot } from './model/slots';
import { listWords, momentWords, shortTimeWords, timeWords } from './model/words';
import { useScope } from './scope';

/** What a narrow cell leaves out: first the plus, then all signs, never half of one. */
const ROOM = {
  12: { plus: '@max-[7.25rem]:hidden', marks: '@max-[6.25rem]:hidden', time: '@max-[3.5rem]:hidden' },
  24: { plus: '@max-[6.25rem]:hidden', marks: '@max-[5.25rem]:hidden', time: '@max-[2.5rem]:hidden' },
};

/** A free queue slot: faint, and the way to a post for it. */
export function SlotButton({ slot, pill = false }: { slot: FreeSlot; pill?: boolean }) {
  const { t } = useTranslation('calendar');
  const { zone } = useWorkspace();
  const { locale, wall, channels, icons, mayWrite, nameOf } = useScope();
  const clock = isTwelve(locale) ? 12 : 24;
  if (!mayWrite) return null;
  const names = slot.channels.flatMap((id) => channels.get(id) ?? []).map((channel) => nameOf(channel));
  const label = t('slotFor', { when: momentWords(locale, slot.local), channels: listWords(locale, names) });
  const platforms = [...new Set(slot.channels.map((id) => channels.get(id)?.platform ?? ''))].sort();
  return (
    <Link
      to="/compose/{-$post}"
      search={composeSearch(slot.local, wall, zone, slot.channels)}
      tabIndex={-1}
      data-stop={slot.day}
      aria-label={label}
      title={label}
      className={cx(
        'items-center gap-1 overflow-hidden border border-dashed border-line text-small text-faint hover:border-edge hover:text-ink',
        pill
          ? 'inline-flex min-h-11 rounded-full px-3 md:min-h-7 md:px-2.5'
          : '@container flex h-6.5 w-full min-w-0 rounded-small px-1',
      )}
    >
      <span className={cx('tabular shrink-0', !pill && ROOM[clock].time)}>
        {(pill ? timeWords : shortTimeWords)(locale, slot.local)}
      </span>
      <span className={cx('flex shrink-0 gap-0.5', !pill && 'ml-auto', !pill && ROOM[clock].marks)}>
        {platforms.slice(0, 3).map((platform) => (
          <PlatformDrawing key={platform} icon={icons.get(platform)} className={pill ? 'size-3.5' : 'size-3'} />
        ))}
      </span>
      <Icon name="plus" className={cx('size-3.5', !pill && ROOM[clock].plus)} />
    </Link>
  );
}
