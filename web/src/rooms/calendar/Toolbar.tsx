import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { useWorkspace } from '@/app/session';
import { Button, IconButton } from '@/design/Button';
import { useTitle } from '@/design/PageHeader';
import { Segmented } from '@/design/Segmented';
import { usePhone } from '@/design/usePhone';
import { zoneOffset, zonePlace } from '@/design/zones';
import { type Range, VIEWS, type View } from './model/range';
import { monthWords, spanWords } from './model/words';

/** Which days, and how: the title of the page, the way to other days, the view. */
export function Toolbar({
  range,
  locale,
  onTurn,
  onToday,
  onView,
}: {
  range: Range;
  locale: string;
  onTurn: (pages: 1 | -1) => void;
  onToday: () => void;
  onView: (view: View) => void;
}) {
  const { t } = useTranslation('calendar');
  const isPhone = usePhone();
  const words =
    range.view === 'month'
      ? monthWords(locale, range.month, isPhone)
      : spanWords(locale, range.first, range.first + range.days - 1, isPhone);
  useTitle(t('title', { words }));
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-2 max-md:-mt-2 md:gap-x-4">
      <h1 className="min-w-0 flex-1 text-title font-semibold first-letter:capitalize md:text-display">
        <span className="sr-only">{t('name')} </span>
        {words}
      </h1>
      <div className="flex items-center gap-1 max-md:-mr-3">
        <IconButton icon="chevron-left" label={t(`before.${range.view}`)} onPress={() => onTurn(-1)} />
        <Button look="quiet" onPress={onToday}>
          {t('today')}
        </Button>
        <IconButton icon="chevron-right" label={t(`after.${range.view}`)} onPress={() => onTurn(1)} />
      </div>
      <Segmented
        label={t('view.label')}
        value={range.view}
        onChange={onView}
        className="w-full sm:w-auto"
        options={VIEWS.map((id) => ({ id, words: t(`view.${id}`) }))}
      />
    </header>
  );
}

/** Whose clock the calendar goes by, always in sight; a switch where the person lives by another. */
export function ZoneNote({
  zone,
  at,
  onChange,
}: {
  zone: string;
  at: number;
  onChange: (whose: 'workspace' | 'mine') => void;
}) {
  const { t } = useTranslation('calendar');
  const { zone: mine } = useMe();
  const workspace = useWorkspace();
  const place = zonePlace(zone);
  const isMine = zone === mine && mine !== workspace.zone;
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-small text-quiet">
      <span>{place === 'UTC' ? t('zone.utc') : t('zone.said', { place, offset: zoneOffset(zone, new Date(at)) })}</span>
      {mine !== workspace.zone && (
        <Button small look="quiet" onPress={() => onChange(isMine ? 'workspace' : 'mine')}>
          {isMine
            ? t('zone.workspace', { place: zonePlace(workspace.zone) })
            : t('zone.mine', { place: zonePlace(mine) })}
        </Button>
      )}
    </p>
  );
}
