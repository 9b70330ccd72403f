import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';
import type { Wall } from './model/wall';
import { momentWords } from './model/words';
import type { Drag } from './useDrag';

/** What hangs on the pointer while a post is dragged: where it would go. */
export function DragGhost({ drag, wall, locale }: { drag: Drag; wall: Wall; locale: string }) {
  const { t } = useTranslation('calendar');
  const to = drag.local === undefined ? undefined : wall.instant(drag.local).at;
  return (
    <div
      aria-hidden="true"
      style={{ translate: `${drag.x + 12}px ${drag.y + 8}px` }}
      className="pointer-events-none fixed top-0 left-0 z-50 flex w-56 flex-col rounded-control border border-line bg-raised px-3 py-2 shadow-float"
    >
      <span className="flex items-center gap-1.5 text-small font-semibold">
        <Icon name="calendar" className="size-4" />
        {to === undefined
          ? t('moving.nowhere')
          : to <= Date.now()
            ? t('passed.title')
            : momentWords(locale, wall.local(to))}
      </span>
      <span dir="auto" className="truncate text-small text-quiet">
        {drag.entry.text}
      </span>
    </div>
  );
}
