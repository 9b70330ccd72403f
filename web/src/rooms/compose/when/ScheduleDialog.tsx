import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { PlatformIcon } from '@/design/PlatformIcon';
import { List, ListRow } from '@/design/Table';
import { whenText } from '@/design/When';
import { ZonePicker } from '@/design/ZonePicker';
import { zonePlace } from '@/design/zones';
import { nothingLive } from '../ActionBar';
import { LocalTime } from './LocalTime';
import { type Plan, type Repeating, repeatOf } from './plan';
import { RepeatFields } from './RepeatFields';
import { instantOf, isGap, suggestion } from './times';
import { useSlotTimes } from './useSlotTimes';

type Way = 'time' | 'slot' | 'each';

interface Props {
  channels: ChannelBody[];
  zone: string;
  /** A local time to begin with, such as a day that was chosen on the calendar. */
  begin?: string | undefined;
  /** It has a time already and gets another one: without repetition and times by channel. */
  isMove: boolean;
  onPlan: (plan: Plan) => Promise<unknown>;
  problem: unknown;
  isPending: boolean;
  onClose: () => void;
}

/** When it goes out: at a time, in the next free slot of each channel, or at a time for each. */
export function ScheduleDialog({ channels, zone: home, begin, isMove, onPlan, problem, isPending, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [now] = useState(() => new Date());
  const [zone, setZone] = useState(home);
  const [way, setWay] = useState<Way>('time');
  const [local, setLocal] = useState(() => begin ?? suggestion(now, home));
  const [locals, setLocals] = useState<Record<string, string>>({});
  const [repeating, setRepeating] = useState<Repeating>();
  const localOf = (channel: string) => locals[channel] ?? local;
  const isPast = (one: string) => {
    const moment = instantOf(one, zone);
    return moment !== undefined && !isGap(moment) && moment.at.getTime() <= Date.now();
  };
  const isGood = (one: string) => {
    const moment = instantOf(one, zone);
    return moment !== undefined && !isGap(moment) && !isPast(one);
  };
  const isReady = way === 'slot' || (way === 'time' ? isGood(local) : channels.every(({ id }) => isGood(localOf(id))));
  function plan(): Plan {
    if (way === 'slot') return { kind: 'slot' };
    if (way === 'time') return { kind: 'time', local, zone, ...(repeating ? { repeat: repeatOf(repeating) } : {}) };
    return { kind: 'each', zone, locals: Object.fromEntries(channels.map(({ id }) => [id, localOf(id)])) };
  }
  return (
    <Dialog
      title={t(isMove ? 'when.move' : 'when.title')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button
          look="solid"
          icon="clock"
          isDisabled={!isReady}
          isPending={isPending}
          onPress={() => void onPlan(plan())}
        >
          {way === 'time' && isReady ? t('when.schedule', { when: atWords(local, zone) }) : t('when.act')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <RadioGroup label={t('when.way')} value={way} onChange={(next) => setWay(next as Way)}>
          <Radio value="time">{t('when.atTime')}</Radio>
          <Radio value="slot" hint={t('when.slotHint')}>
            {t('when.slot')}
          </Radio>
          {!isMove && channels.length > 1 && <Radio value="each">{t('when.each')}</Radio>}
        </RadioGroup>
        {way === 'time' && <LocalTime local={local} zone={zone} onChange={setLocal} isPast={isPast(local)} />}
        {way === 'each' &&
          channels.map(({ id, name }) => (
            <LocalTime
              key={id}
              name={name}
              local={localOf(id)}
              zone={zone}
              onChange={(next) => setLocals({ ...locals, [id]: next })}
              isPast={isPast(localOf(id))}
            />
          ))}
        {way === 'slot' && <SlotTimes channels={channels} now={now} zone={zone} />}
        <ZonePicker value={zone} onChange={setZone} />
        {way === 'time' && !isMove && <RepeatFields local={local} value={repeating} onChange={setRepeating} />}
        {problem != null && <ProblemNote problem={problem} {...nothingLive(problem)} />}
      </div>
    </Dialog>
  );
}

/** `Tue, 3 Feb, 09:30 in Amsterdam`. */
function atWords(local: string, zone: string): string {
  const moment = instantOf(local, zone);
  return moment && !isGap(moment) ? `${whenText(moment.at, zone)} ${zonePlace(zone)}` : '';
}

/** Which slot of each channel is the next free one. */
function SlotTimes({ channels, now, zone }: { channels: ChannelBody[]; now: Date; zone: string }) {
  const { t } = useTranslation('compose');
  const times = useSlotTimes(channels, now);
  return (
    <List label={t('when.slots')}>
      {times.map(({ channel, at }) => (
        <ListRow key={channel.id}>
          <PlatformIcon platform={channel.platform} />
          <span className="min-w-0 flex-1 truncate">{channel.name}</span>
          <span className="text-body text-quiet tabular">
            {at === undefined && t('when.looking')}
            {at === null && t('when.noSlot')}
            {at && `${whenText(at, zone)} ${zonePlace(zone)}`}
          </span>
        </ListRow>
      ))}
    </List>
  );
}
