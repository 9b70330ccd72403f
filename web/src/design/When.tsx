import { useTranslation } from 'react-i18next';
import { locale } from '@/app/language';
import { hourShape } from './clock';
import { cx } from './cx';
import { zoneOffset, zonePlace } from './zones';

/** How much of a time is shown. `day` and `time` are for columns whose heading has the rest. */
export type WhenShape = 'full' | 'short' | 'date' | 'day' | 'time';

const DAYS: Record<WhenShape, Intl.DateTimeFormatOptions> = {
  full: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  short: { weekday: 'short', day: 'numeric', month: 'short' },
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  day: { weekday: 'long', day: 'numeric', month: 'long' },
  time: {},
};
const WITH_TIME: WhenShape[] = ['full', 'short', 'time'];

/** A moment in words, in a zone. */
export function whenText(at: string | Date, zone: string, shape: WhenShape = 'short'): string {
  const time = WITH_TIME.includes(shape) ? hourShape() : {};
  return new Intl.DateTimeFormat(locale(), { ...DAYS[shape], ...time, timeZone: zone }).format(new Date(at));
}

/**
 * A time, always with its zone, so that no one has to guess whose nine o'clock it is. `quietZone` omits the zone where the
 * page names it once for all times; the tooltip still has it, with the offset.
 */
export function When({
  at,
  zone,
  shape = 'short',
  quietZone = false,
  className,
}: {
  at: string;
  zone: string;
  shape?: WhenShape;
  quietZone?: boolean;
  className?: string;
}) {
  const { t } = useTranslation('design');
  const full = t('whenFull', { when: whenText(at, zone, 'full'), zone, offset: zoneOffset(zone, new Date(at)) });
  return (
    <time dateTime={at} title={full} className={cx('tabular whitespace-nowrap', className)}>
      {whenText(at, zone, shape)}
      {!quietZone && shape !== 'day' && shape !== 'date' && (
        <span className="ml-1.5 text-small text-quiet">{zonePlace(zone)}</span>
      )}
    </time>
  );
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/**
 * "in 3 hours", "2 days ago". Beside a {@link When}, never instead of one that matters.
 * @public
 */
export function fromNow(at: string, now: Date = new Date()): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1_000;
  const words = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? words.format(Math.trunc(seconds / step[1]), step[0]) : words.format(0, 'minute');
}
