import { useTranslation } from 'react-i18next';
import type { Poll, PollLimits } from '@/api/schema';
import { Button, IconButton } from '@/design/Button';
import { Switch } from '@/design/Choice';
import { TextField } from '@/design/Field';
import { Option, Select } from '@/design/Select';
import { useComposing, useSpeakers } from './context';
import { type Part, updatePart } from './model/parts';

const HOUR = 60;
const DAY = 24 * HOUR;
/** How long polls are usually open, in minutes. */
const DURATIONS = [5, 30, HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY];

/** An empty poll that is fine but for its words. */
export function beginPoll(limits: PollLimits | undefined): Poll {
  const most = limits?.duration_max_minutes ?? DAY;
  return { options: ['', ''], duration_minutes: Math.min(DAY, most), multiple: false };
}

/** A poll: its options, how long it is open. Rules differ; the issues below say which are broken where. */
export function PollFields({ part, poll }: { part: Part; poll: Poll }) {
  const { t } = useTranslation('compose');
  const { change, offerUndo } = useComposing();
  const limits = useSpeakers().flatMap((channel) => channel.limits?.poll ?? []);
  const put = (given: Partial<Poll>) => change((parts) => updatePart(parts, part.key, { poll: { ...poll, ...given } }));
  const most = Math.max(2, ...limits.map((one) => one.options_max));
  const chars = Math.min(...limits.map((one) => one.option_chars_max));
  const setOption = (place: number, words: string) =>
    put({ options: poll.options.map((option, at) => (at === place ? words : option)) });
  return (
    <fieldset
      id={`poll-${part.key}`}
      className="mx-4 mb-3 flex min-w-0 flex-col gap-3 rounded-control border border-line p-3"
    >
      <legend className="sr-only">{t('poll.title')}</legend>
      <div className="flex items-center justify-between">
        <span className="text-body font-medium" aria-hidden="true">
          {t('poll.title')}
        </span>
        <IconButton
          small
          icon="trash"
          label={t('poll.remove')}
          onPress={() => {
            const done = change((parts) => parts.map((one) => (one.key === part.key ? withoutPoll(one) : one)));
            if (poll.options.some((option) => option !== '')) offerUndo(done, t('poll.removed'));
          }}
        />
      </div>
      <ol className="flex flex-col gap-2">
        {poll.options.map((option, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an option is its place; it has no other name.
          <li key={place} className="flex items-end gap-1">
            <TextField
              label={t('poll.option', { place: place + 1 })}
              value={option}
              onChange={(words) => setOption(place, words)}
              className="flex-1"
              {...(Number.isFinite(chars) ? { trail: `${chars - Array.from(option).length}` } : {})}
            />
            <IconButton
              icon="close"
              label={t('poll.removeOption', { place: place + 1 })}
              isDisabled={poll.options.length <= 2}
              onPress={() => put({ options: poll.options.filter((_, at) => at !== place) })}
            />
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap items-end gap-x-6 gap-y-2">
        {poll.options.length < most && (
          <Button small icon="plus" onPress={() => put({ options: [...poll.options, ''] })}>
            {t('poll.add')}
          </Button>
        )}
        <Select
          label={t('poll.open')}
          selectedKey={String(poll.duration_minutes)}
          onSelectionChange={(key) => put({ duration_minutes: Number(key) })}
          className="min-w-36"
        >
          {durations(poll.duration_minutes, limits).map((minutes) => (
            <Option key={minutes} id={String(minutes)}>
              {lasting(minutes, t)}
            </Option>
          ))}
        </Select>
        {limits.some((one) => one.multiple) && (
          <Switch isSelected={poll.multiple ?? false} onChange={(multiple) => put({ multiple })}>
            {t('poll.multiple')}
          </Switch>
        )}
      </div>
    </fieldset>
  );
}

function withoutPoll({ poll: _, ...part }: Part): Part {
  return part;
}

function durations(chosen: number, limits: PollLimits[]): number[] {
  const fits = (minutes: number) =>
    limits.every((one) => minutes >= one.duration_min_minutes && minutes <= one.duration_max_minutes);
  return [...new Set([...DURATIONS.filter(fits), chosen])].sort((one, other) => one - other);
}

type Say = (key: 'poll.minutes' | 'poll.hours' | 'poll.days', given: { count: number }) => string;

function lasting(minutes: number, say: Say): string {
  if (minutes % DAY === 0) return say('poll.days', { count: minutes / DAY });
  if (minutes % HOUR === 0) return say('poll.hours', { count: minutes / HOUR });
  return say('poll.minutes', { count: minutes });
}
