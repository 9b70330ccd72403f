import { useQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import type { ChannelBody, PlatformBody, PostBody } from '@/api/schema';
import { meQuery, useMay, useWorkspace } from '@/app/session';
import { Button, IconButton } from '@/design/Button';
import { cx } from '@/design/cx';
import { Page, PageHeader } from '@/design/PageHeader';
import { toast } from '@/design/Toast';
import { ActionBar } from './ActionBar';
import { Author } from './Author';
import { ChannelPicker } from './ChannelPicker';
import { type Composing, ComposingContext } from './context';
import { Editor } from './Editor';
import { focusText } from './focus';
import { HeaderTools } from './HeaderTools';
import { useComposerKeys } from './keys';
import { Describe } from './media/Describe';
import { useAssets, useUploads } from './media/useAssets';
import { arrived, changeParts, type Draft, filesOf, partsOf, type Whose } from './model/draft';
import { spotOf } from './model/history';
import { NoChannels } from './NoChannels';
import { namesOf } from './names';
import { Outcome } from './Outcome';
import { Preview } from './preview/Preview';
import { editingOf } from './publishing';
import { Shared } from './Shared';
import { Conflict } from './saving/Conflict';
import { useDraft } from './saving/useDraft';
import { endUndoables, undoable } from './undoable';
import { useLeaving } from './useLeaving';
import { usePublishing } from './usePublishing';
import { useReadings } from './useReadings';
import { useStable } from './useStable';
import { useVerdicts } from './useVerdicts';
import { Notice, Ways } from './Ways';
import type { Plan } from './when/plan';
import { ScheduleDialog } from './when/ScheduleDialog';
import { addedTo, type Standing, standingOf } from './when/standing';
import { instantOf, isGap } from './when/times';
import { WhenLine } from './when/WhenLine';

interface Props {
  post: PostBody | undefined;
  initial: Draft;
  channels: ChannelBody[];
  platforms: PlatformBody[];
  /** A local time that was chosen before, such as a day on the calendar. */
  begin: string | undefined;
  onMade: (id: string) => void;
  onAnother: () => void;
}

/** The composer: one text for all channels, and what each makes of it. */
export function Composer({ post, initial, channels, platforms, begin, onMade, onAnother }: Props) {
  const { t } = useTranslation('compose');
  const { id: here, zone } = useWorkspace();
  // The one that it was begun in: another may be chosen while this page is being left.
  const [workspace] = useState(here);
  const { id: person } = useMe();
  const mayPublish = useMay('posts:publish');
  const isScheduled = post !== undefined && editingOf(post) === 'scheduled';
  // An author deletes drafts of their own.
  const mayDelete = mayPublish || (!isScheduled && (post === undefined || post.made_by === person));
  const onMet = useCallback(() => toast({ kind: 'info', title: t('save.met') }), [t]);
  const drafting = useDraft({ workspace, post, initial, isByItself: !isScheduled, onMade, onMet });
  const { draft, apply, rewrite, saver, takeBack } = drafting;
  const [whose, show] = useState<Whose>();
  const [describing, describe] = useState<string>();
  const [isPreview, setPreview] = useState(false);
  const shown = draft.targets.some(({ channel }) => channel === whose) ? whose : undefined;
  const verdicts = useVerdicts(draft, saver.stored?.id, workspace);
  const readings = useReadings(draft, workspace);
  const assets = useAssets(filesOf(draft).flatMap(({ id }) => id ?? []));
  const { uploads, sending } = useUploads(
    useCallback((key, asset) => rewrite((before) => arrived(before, key, asset.id)), [rewrite]),
    workspace,
  );
  const standing = standingOf(isScheduled ? saver.post : undefined, zone);
  const isSeries = standing.some((one) => one.isSeries);
  const nameOf = useMemo(() => namesOf(channels, platforms), [channels, platforms]);
  const publishing = usePublishing({
    workspace,
    person,
    drafting,
    verdicts,
    sending,
    isScheduled,
    standing,
    nameOf,
    onOption: show,
  });
  const [planned, setPlanned] = useState(() => (post ? undefined : planOf(begin, zone)));
  const isStopped = useQuery(meQuery).data?.publishing_stopped ?? false;
  const question = useLeaving({
    saver,
    workspace,
    loses: sending.size > 0 ? 'files' : mayPublish && isScheduled && saver.isChanged ? 'changes' : undefined,
    isOnlyHere: publishing.waiting !== undefined || saver.state.kind === 'offline' || saver.state.kind === 'failed',
    onSave: publishing.save,
  });
  const { hasTried } = publishing;
  const isOut = useRef(false);
  isOut.current = publishing.out !== undefined;

  // Who begins a post wants to type.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival.
  useEffect(() => {
    if (!post && initial.parts[0]) focusText(initial.parts[0].key);
  }, []);

  useEffect(() => endUndoables, []);
  // A notice would lie over the buttons of what comes next.
  const isBeyond = publishing.out !== undefined || publishing.isAsking;
  useEffect(() => {
    if (isBeyond) endUndoables();
  }, [isBeyond]);

  const change = useCallback<Composing['change']>(
    (how) => apply((before) => changeParts(before, shown, how)),
    [apply, shown],
  );
  const composing = useMemo<Composing>(
    () => ({
      workspace,
      zone,
      draft,
      whose: shown,
      show,
      apply,
      rewrite,
      change,
      offerUndo: (done, title) => undoable(title, { label: t('undo'), onPress: () => void takeBack(done) }),
      channels,
      platforms,
      verdicts,
      readings,
      assets,
      uploads,
      sending,
      describing,
      describe,
      hasTried,
    }),
    [
      workspace,
      zone,
      draft,
      shown,
      apply,
      rewrite,
      change,
      takeBack,
      t,
      channels,
      platforms,
      verdicts,
      readings,
      assets,
      uploads,
      sending,
      describing,
      hasTried,
    ],
  );
  // A long text takes long to draw five times: the counters come first, and the next key interrupts.
  const drawnLater = useDeferredValue(composing);
  const [moved, setMoved] = useState('');
  /** Goes back or forth, and shows where. The keyboard goes there only if it was in a text. */
  function travel(way: 'undo' | 'redo', byKey: boolean): void {
    const { before, after } = drafting[way]();
    if (before === after) return;
    setMoved(t(`history.${way === 'undo' ? 'undone' : 'redone'}`));
    const spot = spotOf(before, after);
    if (!spot) return;
    show(spot.whose);
    if (byKey && spot.part) focusText(spot.part, spot.at);
  }
  const go = useStable(travel);
  const turn = useCallback(() => setPreview((before) => !before), []);
  const tabs: Whose[] = [undefined, ...draft.targets.map(({ channel }) => channel)];
  useComposerKeys({
    go: () =>
      !isOut.current &&
      mayPublish &&
      (isScheduled ? void publishing.save() : publishing.go(planned ?? { kind: 'now' })),
    schedule: () => !isOut.current && mayPublish && !isSeries && publishing.ask(),
    save: () => void (isScheduled ? publishing.save() : saver.flush()),
    undo: () => !isOut.current && travel('undo', true),
    redo: () => !isOut.current && travel('redo', true),
    tab: (place) => {
      if (isOut.current || place >= tabs.length) return;
      show(tabs[place]);
      const first = partsOf(draft, tabs[place])[0];
      if (first) focusText(first.key);
    },
  });

  if (publishing.out) {
    return (
      <Outcome
        post={publishing.out.post}
        isNow={publishing.out.isNow}
        isStopped={isStopped}
        channels={channels}
        zone={zone}
        onTakenBack={(after) => {
          saver.retimed(after);
          publishing.back();
          toast({ title: t('out.takenBack') });
        }}
        onAnother={onAnother}
      />
    );
  }
  const chosenIds = draft.targets.map(({ channel }) => channel);
  const chosen = channels.filter(({ id }) => chosenIds.includes(id));
  return (
    <ComposingContext value={composing}>
      <Page className="-mb-6 min-h-[calc(100dvh-3.5rem)] gap-5 pb-0! md:mb-0 md:min-h-dvh md:pb-0!">
        <PageHeader
          title={t(isScheduled ? 'title.scheduled' : post ? 'title.draft' : 'title.new')}
          actions={
            <HeaderTools
              workspace={workspace}
              saver={saver}
              post={saver.stored?.id}
              isScheduled={isScheduled}
              mayDelete={mayDelete}
              canUndo={drafting.canUndo}
              canRedo={drafting.canRedo}
              moved={moved}
              isPreview={isPreview}
              onTravel={go}
              onPreview={turn}
              onDeleted={onAnother}
            />
          }
        />
        <div className="grid flex-1 grid-cols-1 items-start gap-8 xl:grid-cols-[minmax(0,1fr)_22rem]">
          <div className={cx('flex min-w-0 flex-col gap-5', isPreview && 'hidden xl:flex')}>
            {post && <Author post={post} />}
            {channels.length === 0 ? <NoChannels /> : <ChannelPicker isFixed={isSeries} />}
            {standing.length > 0 && (
              <WhenLine times={standing} added={addedTo(saver.post, chosenIds)}>
                {mayPublish && !isSeries && (
                  <Button small icon="clock" onPress={publishing.ask}>
                    {t('act.move')}
                  </Button>
                )}
              </WhenLine>
            )}
            {mayPublish && planned && chosen.length > 0 && (
              <WhenLine times={chosen.map(({ id }) => plannedFor(planned, id))} added={[]}>
                <Button small icon="clock" onPress={publishing.ask}>
                  {t('act.move')}
                </Button>
                <IconButton small icon="close" label={t('act.noTime')} onPress={() => setPlanned(undefined)} />
              </WhenLine>
            )}
            <Editor />
          </div>
          <aside
            aria-label={t('preview.title')}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
            tabIndex={0}
            className={cx(
              'flex-col gap-3 rounded-card xl:sticky xl:top-6 xl:flex xl:max-h-[calc(100dvh-7rem)] xl:overflow-y-auto',
              isPreview ? 'flex' : 'hidden',
            )}
          >
            <h2 className="flex min-h-8 items-center text-body font-medium">{t('preview.title')}</h2>
            <ComposingContext value={drawnLater}>
              <Preview />
            </ComposingContext>
          </aside>
        </div>
        <ActionBar
          saver={saver}
          complaint={publishing.complaint}
          problem={publishing.isAsking || publishing.waiting ? undefined : publishing.problem}
          notice={<Notice publishing={publishing} isStopped={isStopped} />}
        >
          <Ways
            saver={saver}
            publishing={publishing}
            state={saver.state.kind}
            mayPublish={mayPublish}
            isScheduled={isScheduled}
            standing={standing}
            planned={planned}
          />
        </ActionBar>
      </Page>
      <Describe />
      <Shared />
      {question}
      {publishing.isAsking && (
        <ScheduleDialog
          channels={chosen}
          zone={zone}
          begin={planned?.local ?? begin}
          standing={isScheduled ? standing : undefined}
          onPlan={publishing.plan}
          problem={publishing.problem}
          isPending={publishing.isPending}
          onClose={publishing.close}
        />
      )}
      {saver.state.kind === 'conflict' && (
        <Conflict
          saver={saver}
          theirs={saver.state.theirs}
          mine={draft}
          onTheirs={(theirs) => void apply(() => theirs)}
        />
      )}
    </ComposingContext>
  );
}

type Timed = Extract<Plan, { kind: 'time' }>;

/** The plan that a post is begun with, if its time is still to come. */
function planOf(local: string | undefined, zone: string): Timed | undefined {
  const moment = local ? instantOf(local, zone) : undefined;
  if (!local || !moment || isGap(moment) || moment.at.getTime() <= Date.now()) return undefined;
  return { kind: 'time', local, zone };
}

/** A plan as the time of a channel. */
function plannedFor({ local, zone }: Timed, channel: string): Standing {
  const moment = instantOf(local, zone);
  const at = moment && !isGap(moment) ? moment.at.toISOString() : '';
  return { channel, at, local, zone, count: 1, isSeries: false };
}
