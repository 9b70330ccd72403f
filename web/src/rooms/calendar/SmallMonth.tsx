import { useTranslation } from 'react-i18next';
import { stateTone, type Tone } from '@/design/Badge';
import { cx } from '@/design/cx';
import { DayRows } from './DayRows';
import { worst } from './model/entries';
import { DAY_MS } from './model/wall';
import { dayWords, weekdayWords } from './model/words';
import { useScope } from './scope';

const DOTS: Record<Tone, string> = {
  draft: 'bg-state-draft',
  scheduled: 'bg-state-scheduled',
  published: 'bg-state-published',
  partly: 'bg-state-partly',
  needs: 'bg-state-needs',
  failed: 'bg-state-failed',
  muted: 'bg-state-muted',
};

/** A month on a phone: numbers with how many posts there are, and under them the day that is chosen. */
export function SmallMonth() {
  const { t } = useTranslation('calendar');
  const { range, locale, today, entries, goTo } = useScope();
  const days = Array.from({ length: range.days }, (_, n) => range.first + n);
  const month = new Date(range.month * DAY_MS).getUTCMonth();
  return (
    <div className="flex flex-col gap-4">
      <div className="rounded-card border border-line bg-surface p-1.5">
        <div className="grid grid-cols-7 text-center text-small text-quiet" aria-hidden="true">
          {days.slice(0, 7).map((day) => (
            <span key={day} className="py-1">
              {weekdayWords(locale, day, 'narrow')}
            </span>
          ))}
        </div>
        <div className="grid grid-cols-7">
          {days.map((day) => {
            const on = entries.get(day) ?? [];
            return (
              <button
                key={day}
                type="button"
                aria-pressed={day === range.day}
                aria-current={day === today ? 'date' : undefined}
                aria-label={t('dayLabel', { day: dayWords(locale, day), count: on.length })}
                onClick={() => goTo(day)}
                className={cx(
                  'flex h-12 flex-col items-center justify-center gap-0.5 rounded-small',
                  day === range.day && 'bg-brass-tint',
                )}
              >
                <span
                  className={cx(
                    'tabular inline-flex h-6 min-w-6 items-center justify-center rounded-full px-1',
                    day === today && 'bg-brass font-semibold text-on-brass',
                    day !== today && new Date(day * DAY_MS).getUTCMonth() !== month && 'text-faint',
                  )}
                >
                  {new Date(day * DAY_MS).getUTCDate()}
                </span>
                <span className="flex h-3 items-center gap-0.5 text-[0.6875rem] leading-3 text-quiet">
                  {on.length > 0 && (
                    <>
                      <span className={cx('size-1.5 rounded-full', DOTS[stateTone(worst(on))])} />
                      {on.length > 1 && on.length}
                    </>
                  )}
                </span>
              </button>
            );
          })}
        </div>
      </div>
      <DayRows days={[range.day]} />
    </div>
  );
}
