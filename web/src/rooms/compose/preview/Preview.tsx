import { memo, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody, Issue } from '@/api/schema';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { EmptyState } from '@/design/EmptyState';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { useChosen, useComposing } from '../context';
import { partsOf } from '../model/draft';
import { isEmpty, type Part } from '../model/parts';
import { useAllIssues } from '../useFound';
import { useRead } from '../useReadings';
import type { Judged } from '../useVerdicts';
import { PreviewFiles } from './PreviewFiles';
import { PreviewLink } from './PreviewLink';
import { PreviewText } from './PreviewText';
import { remarksOf } from './remarks';
import './preview.css';
import { ChannelAvatar } from '@/parts/ChannelAvatar';

/** Previews shown at once; more on demand. */
const SHOWN = 6;

/** What people will see: the channel on the page, or all of them under each other. */
export const Preview = memo(() => {
  const { t } = useTranslation('compose');
  const { whose } = useComposing();
  const chosen = useChosen();
  const [isWhole, setWhole] = useState(false);
  const wanted = whose === undefined ? chosen : chosen.filter(({ id }) => id === whose);
  const shown = isWhole ? wanted : wanted.slice(0, SHOWN);
  if (chosen.length === 0) return <EmptyState icon="eye" title={t('preview.none')} className="py-8" />;
  return (
    <div className="flex flex-col gap-4">
      {shown.map((channel) => (
        <PreviewOf key={channel.id} channel={channel} />
      ))}
      {shown.length < wanted.length && (
        <Button onPress={() => setWhole(true)}>{t('preview.all', { count: wanted.length - shown.length })}</Button>
      )}
    </div>
  );
});

function PreviewOf({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('compose');
  const { draft, platforms } = useComposing();
  const platform = platforms.find(({ id }) => id === channel.platform)?.name ?? channel.platform;
  const all = partsOf(draft, channel.id);
  const parts = all.filter((part, place) => place === 0 || !isEmpty(part));
  return (
    <article
      data-platform={channel.platform}
      aria-label={t('preview.of', { name: channel.name, platform })}
      className="preview overflow-hidden rounded-card border border-line"
    >
      <h3 className="preview-bar flex items-center gap-2 border-b border-line px-3 py-1.5 text-small font-medium text-quiet">
        <PlatformIcon platform={channel.platform} className="size-3.5" />
        {platform}
      </h3>
      <ol className="flex flex-col">
        {parts.map((part, place) => (
          <PreviewPart key={part.key} part={part} channel={channel} isLast={place === parts.length - 1} />
        ))}
      </ol>
      <Remarks channel={channel.id} part={undefined} />
    </article>
  );
}

interface PartProps {
  part: Part;
  channel: ChannelBody;
  isLast: boolean;
}

/** A part as its platform reads it: only what will be sent is drawn. */
function PreviewPart({ part, channel, isLast }: PartProps) {
  const { t } = useTranslation('compose');
  const { readings, verdicts } = useComposing();
  // The counters come first.
  const read = useDeferredValue(useRead(readings, channel.id, part.key)) ?? {
    text: part.text,
    spans: [],
    notes: [],
    card: undefined,
    left_out: false,
  };
  return (
    <li className="preview-part relative flex gap-2.5 px-3 py-3">
      {!isLast && <span className="preview-line absolute top-12 bottom-0 left-[1.72rem] w-0.5" aria-hidden="true" />}
      <ChannelAvatar channel={channel} bare className="preview-avatar" />
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <div className="preview-who flex min-w-0 flex-wrap gap-x-1.5">
          <span className="preview-name max-w-full truncate font-semibold">{channel.name}</span>
          <span className="preview-handle max-w-full truncate text-quiet">@{channel.handle}</span>
          <span className="preview-when text-quiet">{t('preview.now')}</span>
        </div>
        {isEmpty(part) ? (
          <p className="text-faint">{t('preview.empty')}</p>
        ) : (
          // The remarks below say that the text is left out.
          !read.left_out && <PreviewText read={read} />
        )}
        <PreviewFiles part={part} channel={channel} />
        {part.media.length === 0 && <PreviewLink card={read.card} {...cardOf(verdicts.judged, channel.id, part)} />}
        {part.poll && channel.limits?.poll && <PreviewPoll options={part.poll.options} />}
        {part.quote && channel.limits?.quote && (
          <p className="rounded-card border border-line px-3 py-2 text-small break-words text-quiet">{part.quote}</p>
        )}
        {!read.left_out && read.spans.some(({ kind }) => kind === 'mention') && (
          <p className="text-small text-quiet">{t('preview.mentions')}</p>
        )}
        <Remarks channel={channel.id} part={part.key} notes={read.notes} />
        <div className="preview-acts mt-1 flex justify-between pr-6 text-faint" aria-hidden="true">
          <span className="preview-act" />
          <span className="preview-act" />
          <span className="preview-act" />
        </div>
      </div>
    </li>
  );
}

interface RemarksProps {
  channel: string;
  /** The part that it is about; none for the post as a whole. */
  part: string | undefined;
  notes?: Issue[];
}

/** What gets lost here, or is published otherwise than written. */
function Remarks({ channel, part, notes = [] }: RemarksProps) {
  const { t } = useTranslation('compose');
  const issues = useAllIssues().filter((one) => one.channel === channel && one.part === part);
  const remarks = remarksOf(notes, issues);
  if (remarks.length === 0) return null;
  return (
    <ul
      aria-label={t('preview.remarks')}
      className={cx('flex flex-col gap-1 text-small text-quiet', part === undefined && 'px-3 pb-3')}
    >
      {remarks.map(({ rule, detail, severity }) => (
        <li key={`${rule} ${detail}`} className="flex items-start gap-1.5">
          <Icon
            name={severity === 'error' ? 'alert' : 'info'}
            className={cx('mt-px size-4', severity === 'error' && 'text-state-failed')}
          />
          <span className="min-w-0 break-words">{detail}</span>
        </li>
      ))}
    </ul>
  );
}

/** What the channel said of the card of a part, as long as it was asked about the same text. */
function cardOf(judged: Judged | undefined, channel: string, part: Part) {
  const place = judged?.parts[channel]?.findIndex((one) => one.key === part.key && one.text === part.text) ?? -1;
  const verdict = judged?.verdicts.find((one) => one.channel === channel);
  const about = verdict?.issues.find(
    ({ rule, pointer }) => rule === 'link_card_missing' && pointer === `/parts/${place}/text`,
  );
  return { now: verdict?.cards.find((one) => one.part === place)?.card, missing: about?.detail };
}

function PreviewPoll({ options }: { options: string[] }) {
  const { t } = useTranslation('compose');
  return (
    <ul aria-label={t('poll.title')} className="flex flex-col gap-1.5">
      {options.map((option, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an option is its place; it has no other name.
        <li key={place} dir="auto" className="preview-option border border-line px-3 py-1.5 text-small font-medium">
          {option || t('poll.option', { place: place + 1 })}
        </li>
      ))}
    </ul>
  );
}
