import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useChannels, usePlatforms } from '@/api/hooks';
import type { PostBody, PublicationBody } from '@/api/schema';
import { locale } from '@/app/language';
import { useWorkspace } from '@/app/session';
import { Section } from '@/design/Card';
import { cx } from '@/design/cx';
import { Icon, type IconName } from '@/design/Icon';
import { When } from '@/design/When';
import { localTimes } from './localTimes';
import { type Step, stepsOf, type Told, together } from './model/story';
import { useActorWords } from './usePeople';

const SIGNS: Record<Told, [IconName, string]> = {
  made: ['draft', 'text-quiet'],
  edited: ['draft', 'text-quiet'],
  scheduled: ['clock', 'text-state-scheduled'],
  moved: ['calendar', 'text-state-scheduled'],
  in_doubt: ['search', 'text-state-scheduled'],
  absence_proven: ['search', 'text-state-scheduled'],
  published: ['check-circle', 'text-state-published'],
  part_live: ['check-half', 'text-state-partly'],
  confirmed: ['check-circle', 'text-state-published'],
  failed: ['alert', 'text-state-failed'],
  needs_eyes: ['eye', 'text-state-needs'],
  parked: ['pause-circle', 'text-state-needs'],
  missed: ['clock', 'text-state-needs'],
  cancelled: ['close', 'text-quiet'],
  dropped: ['close', 'text-quiet'],
  sent_again: ['send', 'text-state-scheduled'],
  disconnected: ['unplug', 'text-state-needs'],
  duplicate_found: ['alert', 'text-state-failed'],
  deleted_there: ['trash', 'text-quiet'],
  changed_there: ['draft', 'text-quiet'],
  change_refused: ['alert', 'text-state-failed'],
  change_in_doubt: ['search', 'text-state-scheduled'],
  delete_refused: ['alert', 'text-state-failed'],
  restored: ['clock', 'text-state-scheduled'],
};

/** From the first draft to the link, in plain words; each channel's journal has the rest. */
export function Timeline({ post, publications }: { post: PostBody; publications: readonly PublicationBody[] }) {
  const { t } = useTranslation('post');
  const stories = useQueries({
    queries: publications.map(({ id }) =>
      query.queryOptions('get', '/v1/publications/{publication}/story', { params: { path: { publication: id } } }),
    ),
    combine: (results) => results.flatMap(({ data }) => (data ? [data] : [])),
  });
  const whole = (act: 'made' | 'edited', at: string): Step => ({ key: '', at, act, actor: post.made_by, channels: [] });
  const steps = together([
    whole('made', post.made_at),
    ...(post.revision > 1 ? [whole('edited', post.changed_at)] : []),
    ...stories.flatMap(({ publication, story }) => stepsOf(publication, story)),
  ]);
  return (
    <Section title={t('timeline.title')}>
      <ol className="flex flex-col">
        {steps.map((step, place) => (
          <Line key={step.key} step={step} isLast={place === steps.length - 1} />
        ))}
      </ol>
    </Section>
  );
}

function Line({ step, isLast }: { step: Step; isLast: boolean }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const who = useActorWords();
  const [icon, colour] = SIGNS[step.act];
  const isPerson = !step.actor.startsWith('system:');
  return (
    <li className="relative flex gap-3 pb-4">
      {!isLast && <span aria-hidden="true" className="absolute top-6 bottom-0 left-2.5 w-px bg-line" />}
      <Icon name={icon} className={cx('mt-0.5', colour)} />
      <div className="flex min-w-0 flex-1 flex-col">
        <p>
          {t(`told.${step.act}`, { part: step.to ?? '' })}
          {step.act === 'moved' && step.to && (
            <>
              {' '}
              <When at={step.to} zone={zone} />
            </>
          )}
          {isPerson && step.act !== 'edited' && (
            <span className="text-quiet"> {t('told.by', { who: who(step.actor) })}</span>
          )}
        </p>
        {step.detail && (
          <p className="measure text-small wrap-break-word text-quiet">{localTimes(step.detail, zone)}</p>
        )}
        <p className="flex flex-wrap gap-x-2 text-small text-faint">
          <When at={step.at} zone={zone} />
          <On channels={step.channels} />
        </p>
      </div>
    </li>
  );
}

function On({ channels }: { channels: readonly string[] }) {
  const { t } = useTranslation('post');
  const known = useChannels().data;
  const platforms = usePlatforms().data;
  if (channels.length === 0) return null;
  const names = channels.map((id) => {
    const channel = known?.find((one) => one.id === id);
    return platforms?.find((one) => one.id === channel?.platform)?.name ?? channel?.name ?? t('channels.gone');
  });
  const said = new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names);
  return <span>{t('told.on', { names: said })}</span>;
}
