import { Skeleton } from '@/design/Skeleton';
import { usePhone } from '@/design/usePhone';
import { DayRows } from './DayRows';
import { Month } from './Month';
import { SmallMonth } from './SmallMonth';
import { useScope } from './scope';
import { Week } from './Week';

/** The view that was chosen, in the form that fits the screen. */
export function Views({ isPending }: { isPending: boolean }) {
  const { range } = useScope();
  const isPhone = usePhone();
  const days = Array.from({ length: range.days }, (_, n) => range.first + n);
  if (range.view === 'month') return isPhone ? <SmallMonth /> : <Month isPending={isPending} />;
  if (range.view === 'week' && !isPhone) return <Week isPending={isPending} />;
  return isPending ? <Skeleton rows={6} /> : <DayRows key={range.first} days={days} />;
}
