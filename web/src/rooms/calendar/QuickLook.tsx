import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { CalendarItem } from '@/api/schema';
import { useMay } from '@/app/session';
import { StateBadge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { ConfirmDialog, Dialog, Popover } from '@/design/Dialog';
import { useProblemWords } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { ButtonLink, ExternalLink } from '@/design/Link';
import { toast } from '@/design/Toast';
import { usePhone } from '@/design/usePhone';
import { ChannelName } from '@/parts/ChannelName';
import { Thumbnail } from '@/parts/Thumbnail';
import { type Entry, stuck, unschedulable } from './model/entries';
import { capital, momentWords } from './model/words';
import { useScope } from './scope';
import { canUndo, undoUnschedule, unschedule } from './unschedule';
import { useStuckWords } from './useMoving';

/** How many channels are named before the rest is left to the post's own page. */
const CHANNELS_MAX = 6;

interface Props {
  entry: Entry;
  from: React.RefObject<HTMLElement | null>;
  onClose: () => void;
  onMove: () => void;
}

/** A post at a glance, beside its entry; on a phone a sheet. */
export function QuickLook(props: Props) {
  const { t } = useTranslation('calendar');
  const { locale, range } = useScope();
  const isPhone = usePhone();
  const onOpenChange = (isOpen: boolean) => !isOpen && props.onClose();
  const when = capital(momentWords(locale, props.entry.local));
  if (isPhone) {
    return (
      <Dialog title={when} isOpen onOpenChange={onOpenChange}>
        <Look {...props} />
      </Dialog>
    );
  }
  return (
    <Popover
      label={t('lookLabel', { when })}
      isOpen
      onOpenChange={onOpenChange}
      triggerRef={props.from}
      placement={range.view === 'list' ? 'bottom' : 'right top'}
      className="w-96 max-w-full"
    >
      <p className="px-1 pb-2 font-semibold">{when}</p>
      <Look {...props} />
    </Popover>
  );
}

function Look({ entry, onClose, onMove }: Props) {
  const { t } = useTranslation('calendar');
  const mayWrite = useMay('posts:write');
  const mayPublish = useMay('posts:publish');
  const say = useStuckWords();
  const why = stuck(entry);
  const { author } = useScope();
  const off = unschedulable(entry);
  const { isAsking, setAsking, act, press } = useUnscheduling(entry, onClose);
  return (
    <div className="flex flex-col gap-3">
      <Words entry={entry} />
      {entry.items.length > 0 ? <Channels items={entry.items} post={entry.post} /> : <Targets ids={entry.channels} />}
      <p className="px-1 text-small text-quiet">{t('by', { name: author(entry.madeBy) })}</p>
      {entry.series && (
        <p className="flex items-center gap-1.5 px-1 text-small text-quiet">
          <Icon name="repeat" className="size-4" />
          {t('repeats')}
        </p>
      )}
      {why && why !== 'published' && <p className="px-1 text-small text-quiet">{say(why)}</p>}
      <Acts>
        <ButtonLink small look="solid" to="/posts/$post" params={{ post: entry.post }}>
          {t('open')}
        </ButtonLink>
        {mayWrite && isEditable(entry) && (
          <ButtonLink small icon="draft" to="/compose/{-$post}" params={{ post: entry.post }}>
            {t('edit')}
          </ButtonLink>
        )}
        {mayPublish && !why && (
          <Button small icon="calendar" onPress={onMove}>
            {t('move')}
          </Button>
        )}
        {mayPublish && off.length > 0 && (
          <Button small look="quiet" onPress={press}>
            {t('cancel')}
          </Button>
        )}
      </Acts>
      <ConfirmDialog
        title={t('cancelTitle')}
        confirm={t('cancelConfirm')}
        keeps
        isOpen={isAsking}
        onOpenChange={setAsking}
        onConfirm={act}
      >
        <p>{off.length < entry.items.length ? t('cancelSome', { count: off.length }) : t('cancelAll')}</p>
      </ConfirmDialog>
    </div>
  );
}

/** Nothing of it may be on its way or live. */
function isEditable({ items }: Entry): boolean {
  return items.every(({ state }) => ['scheduled', 'parked', 'missed', 'failed', 'cancelled'].includes(state));
}

/** Unscheduling: at once where it can be undone, otherwise after a question. */
function useUnscheduling(entry: Entry, onClose: () => void) {
  const { t } = useTranslation('calendar');
  const words = useProblemWords();
  const [isAsking, setAsking] = useState(false);
  const failed = (error: unknown) => {
    const { title, detail, remedy } = words(asProblem(error));
    toast({ kind: 'failed', title, detail: detail || remedy });
  };
  async function act() {
    await unschedule(entry);
    onClose();
    const undo = { label: t('undo'), onPress: () => void undoUnschedule(entry).catch(failed) };
    toast({ title: t('cancelled'), ...(canUndo(entry, Date.now()) ? { action: undo } : {}) });
  }
  const press = () => (canUndo(entry, Date.now()) ? void act().catch(failed) : setAsking(true));
  return { isAsking, setAsking, act, press };
}

function Acts({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap gap-1.5">{children}</div>;
}

/** The whole text as soon as it is read; how it begins until then. */
function Words({ entry }: { entry: Entry }) {
  const { t } = useTranslation('calendar');
  const { data: post } = query.useQuery('get', '/v1/posts/{post}', { params: { path: { post: entry.post } } });
  const [first] = entry.items;
  const variant = post?.variants.find(({ channel }) => channel === first?.channel);
  const text = variant?.parts[0]?.text ?? post?.parts[0]?.text ?? entry.text;
  return (
    <div className="flex gap-3 px-1">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p dir="auto" className="line-clamp-6 wrap-break-word whitespace-pre-line">
          {text || t('noText')}
        </p>
        {entry.parts > 1 && <p className="text-small text-quiet">{t('parts', { count: entry.parts })}</p>}
      </div>
      {entry.thumbnail && <Thumbnail media={entry.thumbnail} className="size-20 rounded-control" />}
    </div>
  );
}

/** Where a draft is to go. */
function Targets({ ids }: { ids: readonly string[] }) {
  const { channels } = useScope();
  return (
    <ul className="flex flex-col gap-1.5 px-1 empty:hidden">
      {ids
        .flatMap((id) => channels.get(id) ?? [])
        .slice(0, CHANNELS_MAX)
        .map((channel) => (
          <li key={channel.id}>
            <ChannelName channel={channel} size="small" />
          </li>
        ))}
    </ul>
  );
}

function Channels({ items, post }: { items: readonly CalendarItem[]; post: string }) {
  const { t } = useTranslation('calendar');
  const { channels } = useScope();
  return (
    <ul className="flex flex-col divide-y divide-line rounded-control border border-line">
      {items.slice(0, CHANNELS_MAX).map((item) => {
        const channel = channels.get(item.channel);
        return (
          <li key={item.publication} className="flex items-center gap-2.5 px-2.5 py-1.5">
            <span className="flex min-w-0 flex-1 flex-col gap-0.5">
              {channel ? <ChannelName channel={channel} size="small" /> : <span>{t('goneChannel')}</span>}
              {item.url && item.state === 'published' && (
                <ExternalLink href={item.url} className="self-start pl-9 text-small">
                  {t('seeLive')}
                </ExternalLink>
              )}
            </span>
            <StateBadge state={item.state} />
          </li>
        );
      })}
      {items.length > CHANNELS_MAX && (
        <li className="px-2.5 py-1.5 text-small">
          <ButtonLink look="quiet" small to="/posts/$post" params={{ post }}>
            {t('moreChannels', { count: items.length - CHANNELS_MAX })}
          </ButtonLink>
        </li>
      )}
    </ul>
  );
}
