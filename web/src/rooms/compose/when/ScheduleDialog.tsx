import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { clockWords } from '@/design/clock';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { List, ListRow } from '@/design/Table';
import { whenText } from '@/design/When';
import { ZonePicker } from '@/design/ZonePicker';
import { zonePlace } from '@/design/zones';
import { ChannelName } from '@/parts/ChannelName';
import { nothingLive } from '../ActionBar';
import { LocalTime } from './LocalTime';
import { datesOf, type Plan, type Repeating, repeatOf, weekdayOf } from './plan';
import { RepeatFields } from './RepeatFields';
import { commonTime, type Standing } from './standing';
import { instantOf, isGap, localOf, suggestion } from './times';
import { useSlotTimes } from './useSlotTimes';
import { briefly, weekdayWords } from './words';

type Way = 'time' | 'slot' | 'each';

interface Props {
  channels: ChannelBody[];
  zone: string;
  /** A local time to begin with, such as a day that was chosen on the calendar. */
  begin?: string | undefined;
  /** The times that it has already, which are changed: without repetition. None for what has no time yet. */
  standing?: Standing[] | undefined;
  onPlan: (plan: Plan) => Promise<unknown>;
  problem: unknown;
  isPending: boolean;
  onClose: () => void;
}

/** When it is published: at a time, in the next free slot of each channel, or at a time for each. */
export function ScheduleDialog({ channels, begin, standing, onPlan, problem, isPending, onClose, ...rest }: Props) {
  const { t } = useTranslation('compose');
  const common = standing && commonTime(standing);
  const home = common?.zone ?? rest.zone;
  const [now] = useState(() => new Date());
  const [zone, setZone] = useState(home);
  const [way, setWay] = useState<Way>(standing && !common && standing.length > 1 ? 'each' : 'time');
  const [local, setLocal] = useState(() => begin ?? common?.local ?? standing?.[0]?.local ?? suggestion(now, home));
  const [locals, setLocals] = useState<Record<string, string>>(() =>
    Object.fromEntries((standing ?? []).map(({ channel, at }) => [channel, localOf(new Date(at), home)])),
  );
  const [repeating, setRepeating] = useState<Repeating>();
  const localFor = (channel: string) => locals[channel] ?? local;
  const isPast = (one: string) => {
    const moment = instantOf(one, zone);
    return moment !== undefined && !isGap(moment) && moment.at.getTime() <= Date.now();
  };
  const isGood = (one: string) => {
    const moment = instantOf(one, zone);
    return moment !== undefined && !isGap(moment) && !isPast(one);
  };
  const times = repeating ? datesOf(repeating, local).length : 1;
  const isReady =
    way === 'slot' || (way === 'time' ? isGood(local) && times > 0 : channels.every(({ id }) => isGood(localFor(id))));
  function plan(): Plan {
    if (way === 'slot') return { kind: 'slot' };
    if (way === 'time') return { kind: 'time', local, zone, ...(repeating ? { repeat: repeatOf(repeating) } : {}) };
    return { kind: 'each', zone, locals: Object.fromEntries(channels.map(({ id }) => [id, localFor(id)])) };
  }
  /** What the button does, in full. */
  function promise(): string {
    const count = channels.length;
    if (way === 'slot') return t(standing ? 'when.saveSlots' : 'when.scheduleSlots', { count });
    if (way === 'each') return t(standing ? 'when.saveEach' : 'when.scheduleEach', { count });
    if (!isReady) return t(standing ? 'when.save' : 'when.act');
    if (repeating && times > 1) return t('when.scheduleSeries', { times, rule: ruleWords(repeating), count });
    return t(standing ? 'when.saveFor' : 'when.schedule', { when: briefWords(local, zone, rest.zone), count });
  }
  function ruleWords({ every, interval, weekdays }: Repeating): string {
    const time = clockWords(local.slice(11, 16));
    const days = weekdayWords(weekdays.length > 0 ? weekdays : [weekdayOf(local)]);
    return t(`repeat.said_${every}`, { count: interval, time, days });
  }
  return (
    <Dialog
      title={t(standing ? 'when.move' : 'when.title')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button
          look="solid"
          icon="clock"
          isDisabled={!isReady}
          isPending={isPending}
          onPress={() => void onPlan(plan())}
          className="min-w-0 text-left whitespace-normal!"
        >
          {promise()}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <RadioGroup label={t('when.way')} value={way} onChange={(next) => setWay(next as Way)}>
          <Radio value="time">{t('when.atTime')}</Radio>
          <Radio value="slot" hint={t('when.slotHint')}>
            {t('when.slot')}
          </Radio>
          {channels.length > 1 && <Radio value="each">{t('when.each')}</Radio>}
        </RadioGroup>
        {way === 'time' && <LocalTime local={local} zone={zone} onChange={setLocal} isPast={isPast(local)} />}
        {way === 'each' &&
          channels.map((channel) => (
            <fieldset key={channel.id} className="flex min-w-0 flex-col gap-1.5">
              <legend className="mb-1.5 max-w-full">
                <ChannelName inline channel={channel} />
              </legend>
              <LocalTime
                local={localFor(channel.id)}
                zone={zone}
                onChange={(next) => setLocals({ ...locals, [channel.id]: next })}
                isPast={isPast(localFor(channel.id))}
              />
            </fieldset>
          ))}
        {way === 'slot' && <SlotTimes channels={channels} now={now} zone={zone} />}
        <ZonePicker value={zone} onChange={setZone} />
        {way === 'time' && !standing && <RepeatFields local={local} value={repeating} onChange={setRepeating} />}
        {problem != null && <ProblemNote problem={problem} {...nothingLive(problem)} />}
      </div>
    </Dialog>
  );
}

/** `Tue 09:30`, with the place where that is another's clock. */
export function briefWords(local: string, zone: string, home: string): string {
  const moment = instantOf(local, zone);
  if (!moment || isGap(moment)) return '';
  const words = briefly(moment.at, zone, Date.now());
  return zone === home ? words : `${words} ${zonePlace(zone)}`;
}

/** Which slot of each channel is the next free one. */
function SlotTimes({ channels, now, zone }: { channels: ChannelBody[]; now: Date; zone: string }) {
  const { t } = useTranslation('compose');
  const times = useSlotTimes(channels, now);
  return (
    <List label={t('when.slots')}>
      {times.map(({ channel, at }) => (
        <ListRow key={channel.id} className="flex-wrap">
          <ChannelName inline channel={channel} className="min-w-0 flex-1 basis-40" />
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
