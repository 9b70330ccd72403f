import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { numberWords } from '@/design/number';
import { PlatformIcon } from '@/design/PlatformIcon';
import { useComposing, useLengths } from './context';
import { alike, type Length, NEAR } from './model/lengths';

/** How long a part is for each channel, counted as its platform counts. */
export function Counts({ part, id }: { part: string; id: string }) {
  const { t } = useTranslation('compose');
  const lengths = useLengths(part);
  const { isOffline } = useComposing().readings;
  return (
    <ul id={id} className="flex flex-wrap items-center justify-end gap-x-3 gap-y-1 px-2">
      {isOffline && <li className="text-small text-state-needs">{t('count.offline')}</li>}
      {alike(lengths).map((group) => (
        <Count key={group.map(({ channel }) => channel.id).join()} group={group} />
      ))}
    </ul>
  );
}

function Count({ group }: { group: Length[] }) {
  const { t } = useTranslation('compose');
  const [first] = group;
  if (!first) return null;
  const { length, max, channel } = first;
  const names = group.map((one) => one.channel.name).join(', ');
  const isOver = length > max;
  const words = isOver
    ? t('count.over', { count: length - max, names })
    : t('count.left', { count: max - length, names, max });
  return (
    <li
      title={words}
      className={cx(
        'flex items-center gap-1.5 text-small tabular',
        isOver ? 'font-semibold text-state-failed' : length / max >= NEAR ? 'text-ink' : 'text-quiet',
      )}
    >
      <PlatformIcon platform={channel.platform} className="size-3.5" />
      <Ring part={length / max} isOver={isOver} />
      <span aria-hidden="true">{numberWords(max - length)}</span>
      <span className="sr-only">{words}</span>
    </li>
  );
}

const ROUND = 2 * Math.PI * 7;

function Ring({ part, isOver }: { part: number; isOver: boolean }) {
  return (
    <svg viewBox="0 0 18 18" className="size-4.5 -rotate-90" fill="none" strokeWidth="2.5" aria-hidden="true">
      <circle cx="9" cy="9" r="7" className="stroke-line" />
      <circle
        cx="9"
        cy="9"
        r="7"
        className={isOver ? 'stroke-state-failed' : part >= NEAR ? 'stroke-brass-press' : 'stroke-quiet'}
        strokeDasharray={`${Math.min(1, part) * ROUND} ${ROUND}`}
      />
    </svg>
  );
}
