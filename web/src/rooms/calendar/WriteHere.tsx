import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useWorkspace } from '@/app/session';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { useNow } from '@/design/useNow';
import { beginOfDay, composeSearch } from './model/begin';
import { dayWords } from './model/words';
import { useScope } from './scope';

/**
 * The way to a new post on a day. With `faint` it shows itself when a pointer is on the day (`group/day`) or the keyboard on
 * it; a press on the empty day does the same.
 */
export function WriteHere({ day, faint = false }: { day: number; faint?: boolean }) {
  const { t } = useTranslation('calendar');
  const { zone } = useWorkspace();
  const { wall, locale, mayWrite } = useScope();
  const now = wall.local(useNow());
  const begin = beginOfDay(day, now);
  if (!mayWrite || begin === undefined) return null;
  return (
    <Link
      to="/compose/{-$post}"
      search={composeSearch(begin, wall, zone)}
      tabIndex={-1}
      data-stop={day}
      data-write=""
      aria-label={t('writeOn', { day: dayWords(locale, day) })}
      title={t('writeOn', { day: dayWords(locale, day) })}
      className={cx(
        'inline-flex size-6 shrink-0 items-center justify-center rounded-small text-quiet hover:bg-hover hover:text-ink max-md:size-11',
        faint && 'opacity-0 group-hover/day:opacity-100 focus-visible:opacity-100',
      )}
    >
      <Icon name="plus" className="size-4" />
    </Link>
  );
}
