import type { TFunction } from 'i18next';
import { useEffect, useReducer, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMe } from '@/api/hooks';
import type { ChannelBody, PostBody, PublicationBody } from '@/api/schema';
import { StateBadge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { ProblemNote } from '@/design/ErrorState';
import { ButtonLink, ExternalLink } from '@/design/Link';
import { Page, useTitle } from '@/design/PageHeader';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';
import { ChannelName } from '@/parts/ChannelName';
import { callBack } from './publishing';
import { serverNow } from './saving/clock';

interface Props {
  post: PostBody;
  channels: ChannelBody[];
  zone: string;
  /** It is published at once, and can be taken back for a few seconds. */
  isNow: boolean;
  /** The emergency stop is on: nothing is published, whatever its time. */
  isStopped: boolean;
  onTakenBack: (post: PostBody) => void;
  onAnother: () => void;
}

/** What became of a post, channel by channel, as it happens. */
export function Outcome({ post: begun, channels, zone, isNow, isStopped, onTakenBack, onAnother }: Props) {
  const { t } = useTranslation('compose');
  const asked = query.useQuery('get', '/v1/posts/{post}', { params: { path: { post: begun.id } } });
  const post = asked.data ?? begun;
  const seconds = useCountdown(isNow ? dueAt(begun) : undefined);
  const isHeld = isStopped && post.state === 'scheduled';
  const undoing = useUndo(post, seconds > 0, onTakenBack);
  const isWaiting = isNow && seconds > 0 && post.state === 'scheduled' && !isHeld;
  const canUndo = isWaiting || (isNow && isHeld);
  const title = isHeld ? t('stopped.title') : t(`out.title.${post.state}`);
  const isGoingOn = post.state === 'scheduled' || post.state === 'publishing';
  useTitle(t('out.page'));
  return (
    <Page narrow>
      <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-col gap-1">
          <h1 tabIndex={-1} ref={focus} className="text-title font-semibold tabular outline-none md:text-display">
            {isWaiting ? t('out.soon', { count: seconds }) : title}
          </h1>
          <p role="status" className="text-body text-quiet">
            {!isWaiting && <span className="sr-only">{title}. </span>}
            {isWaiting && t('out.soonHint')}
            {!isWaiting && isGoingOn && !isHeld && t('out.leave')}
            {isHeld && t('stopped.body')}
          </p>
        </div>
        {canUndo && (
          <Button look={isHeld ? 'plain' : 'solid'} icon="undo" isPending={undoing.isPending} onPress={undoing.undo}>
            {isHeld ? t('stopped.takeBack') : t('undo')}
          </Button>
        )}
      </header>
      {isHeld && <Resume />}
      {undoing.problem !== undefined && <ProblemNote problem={undoing.problem} />}
      <List label={t('out.list')}>
        {firstOfEach(post.publications).map((publication) => (
          <Line
            key={publication.id}
            publication={publication}
            channel={channels.find(({ id }) => id === publication.channel)}
            zone={zone}
            more={post.publications.filter(({ channel }) => channel === publication.channel).length - 1}
          />
        ))}
      </List>
      <div className="flex flex-wrap gap-2">
        <ButtonLink to={`/posts/${post.id}` as string} icon="arrow-right">
          {t('out.look')}
        </ButtonLink>
        <Button look={isWaiting ? 'plain' : 'solid'} icon="plus" onPress={onAnother}>
          {t('out.another')}
        </Button>
      </div>
    </Page>
  );
}

/** The way to resume publishing, for those who may; the others read who can. */
function Resume() {
  const { t } = useTranslation('compose');
  const { operator } = useMe();
  if (!operator) return <p className="text-body">{t('stopped.who')}</p>;
  return (
    <ButtonLink to="/settings/instance" icon="play" className="self-start">
      {t('stopped.resume')}
    </ButtonLink>
  );
}

function focus(heading: HTMLElement | null): void {
  heading?.focus();
}

/** What was unscheduled before does not be published any more, and its time says nothing about the rest. */
const openOf = (post: PostBody) => post.publications.filter(({ state }) => state !== 'cancelled');

function dueAt(post: PostBody): number | undefined {
  const open = openOf(post);
  return open.length > 0 ? Math.min(...open.map(({ due_at }) => Date.parse(due_at))) : undefined;
}

/** A repeated post has many for each channel; the first one stands for them. */
function firstOfEach(publications: PublicationBody[]): PublicationBody[] {
  const open = publications.filter(({ state }) => state !== 'cancelled');
  const sorted = [...(open.length > 0 ? open : publications)].sort((one, other) =>
    one.due_at.localeCompare(other.due_at),
  );
  return sorted.filter((one, place) => sorted.findIndex(({ channel }) => channel === one.channel) === place);
}

/** Whole seconds until then; it counts down. */
function useCountdown(due: number | undefined): number {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  const left = due === undefined ? 0 : Math.max(0, Math.ceil((due - serverNow()) / 1_000));
  useEffect(() => {
    if (left === 0) return;
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [left]);
  return left;
}

/** Withdraws what is not published yet. After leaving the page, a notice offers the same. */
function useUndo(post: PostBody, canUndo: boolean, onTakenBack: (post: PostBody) => void) {
  const { t } = useTranslation('compose');
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  async function undo() {
    setPending(true);
    setProblem(undefined);
    try {
      const after = await callBack(post);
      if (after.publications.every(({ state }) => state === 'cancelled')) onTakenBack(after);
      else toast({ kind: 'failed', title: t('out.tooLate') });
    } catch (error) {
      setProblem(error);
    } finally {
      setPending(false);
    }
  }
  const leaving = useRef({ post, canUndo, isPending });
  leaving.current = { post, canUndo, isPending };
  const left = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    clearTimeout(left.current);
    return () => {
      left.current = setTimeout(() => {
        const { post: gone, canUndo: can, isPending: isUndone } = leaving.current;
        if (can && !isUndone) offerUndo(gone, t);
      });
    };
  }, [t]);
  return { undo: () => void undo(), isPending, problem };
}

/** Less than this is too short to reach a button. */
const REACH_MS = 1_500;

function offerUndo(post: PostBody, t: TFunction<'compose'>): void {
  const ms = (dueAt(post) ?? 0) - serverNow();
  if (ms < REACH_MS || openOf(post).some(({ state }) => state !== 'scheduled')) return;
  const take = () =>
    void callBack(post).then(
      () => toast({ title: t('out.takenBack') }),
      () => toast({ kind: 'failed', title: t('out.tooLate') }),
    );
  toast({ kind: 'info', title: t('out.soonToast'), action: { label: t('undo'), onPress: take } }, ms - REACH_MS / 3);
}

interface LineProps {
  publication: PublicationBody;
  channel: ChannelBody | undefined;
  zone: string;
  /** Further occurrences. */
  more: number;
}

function Line({ publication, channel, zone, more }: LineProps) {
  const { t } = useTranslation('compose');
  const { state, url, due_at, detail } = publication;
  return (
    <ListRow className="flex-wrap">
      <div className="flex min-w-0 flex-1 basis-40 flex-col gap-1">
        {channel ? <ChannelName channel={channel} /> : <span className="font-medium">{t('channels.gone')}</span>}
        <span className="pl-11 text-small text-quiet">
          {url ? (
            <ExternalLink href={url}>{t('out.open')}</ExternalLink>
          ) : (
            <>
              <When at={due_at} zone={zone} />
              {more > 0 && ` ${t('out.more', { count: more })}`}
            </>
          )}
        </span>
      </div>
      <StateBadge state={state} />
      {detail && state !== 'published' && <p className="w-full pl-11 text-small break-words">{detail}</p>}
    </ListRow>
  );
}
