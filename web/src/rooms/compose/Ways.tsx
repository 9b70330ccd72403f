import { useTranslation } from 'react-i18next';
import { useOnline } from '@/app/online';
import { Button } from '@/design/Button';
import { Icon } from '@/design/Icon';
import { whenText } from '@/design/When';
import { useComposing } from './context';
import { HandIn } from './HandIn';
import { bodyOf } from './model/draft';
import type { Asked } from './outbox';
import { serverNow } from './saving/clock';
import type { Saver, SaveState } from './saving/saver';
import type { usePublishing } from './usePublishing';
import { useStable } from './useStable';
import type { Plan } from './when/plan';
import { briefWords } from './when/ScheduleDialog';
import { commonTime, type Standing } from './when/standing';

interface Props {
  publishing: ReturnType<typeof usePublishing>;
  state: SaveState['kind'];
  mayPublish: boolean;
  isScheduled: boolean;
  saver: Saver;
  standing: Standing[];
  /** A time that was chosen before the post was begun. */
  planned: Plan | undefined;
}

/** The ways out of the composer. Each button says what it will do: when, and to how many channels. */
export function Ways({ saver, publishing, state, mayPublish, isScheduled, standing, planned }: Props) {
  const { t } = useTranslation('compose');
  const { draft, zone, sending } = useComposing();
  const count = draft.targets.length;
  const { isPending, waiting, isQuestion } = publishing;
  const ask = useStable(publishing.ask);
  const go = useStable(() => publishing.go(planned ?? { kind: 'now' }));
  if (!mayPublish && isScheduled) return <p className="text-small text-quiet">{t('act.locked')}</p>;
  if (!mayPublish) return <HandIn saver={saver} isDisabled={sending.size > 0 || !bodyOf(draft)} />;
  if (waiting && !isQuestion) {
    return (
      <Button icon="close" onPress={publishing.giveUp} isDisabled={isPending}>
        {t(waiting.plan.kind === 'now' ? 'queue.dontPublish' : 'queue.dontSchedule')}
      </Button>
    );
  }
  if (isScheduled) {
    const common = commonTime(standing);
    const isToCome = common && Date.parse(common.at) > serverNow();
    const when = isToCome && briefWords(common.local, common.zone, zone);
    return (
      <Way icon="check" isPending={state === 'saving' || isPending} onPress={() => void publishing.save()}>
        {when ? t('act.saveFor', { when, count }) : t('act.save')}
      </Way>
    );
  }
  if (planned?.kind === 'time') {
    const when = briefWords(planned.local, planned.zone, zone);
    return (
      <Way icon="clock" isPending={isPending} onPress={go}>
        {t(count > 0 ? 'when.schedule' : 'act.scheduleAt', { when, count })}
      </Way>
    );
  }
  return (
    <>
      <Button icon="clock" onPress={ask} isDisabled={isPending}>
        {t('act.schedule')}
      </Button>
      <Way icon="send" isPending={isPending} onPress={go}>
        {count > 0 ? t('act.nowOn', { count }) : t('act.now')}
      </Way>
    </>
  );
}

interface WayProps {
  icon: 'check' | 'clock' | 'send';
  isPending: boolean;
  onPress: () => void;
  children: string;
}

function Way({ children, ...rest }: WayProps) {
  return (
    <Button look="solid" {...rest} className="min-w-0 whitespace-normal!">
      {children}
    </Button>
  );
}

/** What waits for the connection, or has to be asked again now that it is back; and that all publishing is stopped. */
export function Notice({ publishing, isStopped }: { publishing: Props['publishing']; isStopped: boolean }) {
  const { t } = useTranslation('compose');
  const { waiting, isQuestion } = publishing;
  const isThere = useOnline();
  if (!waiting) return isStopped ? <Line icon="stop">{t('stopped.bar')}</Line> : null;
  if (isQuestion) {
    return (
      <Line icon="info">
        <span className="min-w-0 flex-1 basis-60">
          <Question asked={waiting} />
        </span>
        <Button small onPress={publishing.giveUp}>
          {t('queue.forget')}
        </Button>
      </Line>
    );
  }
  const kind = waiting.plan.kind === 'now' ? 'now' : 'later';
  return <Line icon={isThere ? 'spinner' : 'wifi-off'}>{t(`queue.${isThere ? 'doing' : 'waits'}_${kind}`)}</Line>;
}

function Question({ asked: { plan, at } }: { asked: Asked }) {
  const { t } = useTranslation('compose');
  const { zone } = useComposing();
  return t(plan.kind === 'now' ? 'queue.askNow' : 'queue.askLater', { asked: whenText(new Date(at), zone) });
}

function Line({ icon, children }: { icon: 'stop' | 'info' | 'spinner' | 'wifi-off'; children: React.ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-control bg-state-needs-tint px-3 py-2 text-body">
      <Icon name={icon} className="size-4.5 text-state-needs" />
      {typeof children === 'string' ? <span className="min-w-0 flex-1">{children}</span> : children}
    </div>
  );
}
