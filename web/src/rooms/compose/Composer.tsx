import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody, PlatformBody, PostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Button, IconButton } from '@/design/Button';
import { cx } from '@/design/cx';
import { Page, PageHeader } from '@/design/PageHeader';
import { toast } from '@/design/Toast';
import { ActionBar } from './ActionBar';
import { ChannelPicker } from './ChannelPicker';
import { type Composing, ComposingContext } from './context';
import { Delete } from './Delete';
import { Editor } from './Editor';
import { focusText } from './focus';
import { useComposerKeys } from './keys';
import { Describe } from './media/Describe';
import { useAssets, useUploads } from './media/useAssets';
import { arrived, changeParts, type Draft, filesOf, partsOf, type Whose } from './model/draft';
import { spotOf } from './model/history';
import { NoChannels } from './NoChannels';
import { Outcome } from './Outcome';
import { Preview } from './preview/Preview';
import { editingOf } from './publishing';
import { Conflict } from './saving/Conflict';
import { useDraft } from './saving/useDraft';
import { endUndoables, undoable } from './undoable';
import { usePublishing } from './usePublishing';
import { useReadings } from './useReadings';
import { useVerdicts } from './useVerdicts';
import { ScheduleDialog } from './when/ScheduleDialog';

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
  const { id: workspace, zone } = useWorkspace();
  const mayPublish = useMay('posts:publish');
  const isScheduled = post !== undefined && editingOf(post) === 'scheduled';
  const onMet = useCallback(() => toast({ kind: 'info', title: t('save.met') }), [t]);
  const drafting = useDraft({ workspace, post, initial, isByItself: !isScheduled, onMade, onMet });
  const { draft, apply, rewrite, saver, takeBack } = drafting;
  const [whose, show] = useState<Whose>();
  const [describing, describe] = useState<string>();
  const [isPreview, setPreview] = useState(false);
  const shown = draft.targets.some(({ channel }) => channel === whose) ? whose : undefined;
  const verdicts = useVerdicts(draft, saver.stored?.id);
  const readings = useReadings(draft);
  const assets = useAssets(filesOf(draft).flatMap(({ id }) => id ?? []));
  const { uploads, sending } = useUploads(
    useCallback((key, asset) => rewrite((before) => arrived(before, key, asset.id)), [rewrite]),
  );
  const publishing = usePublishing({ drafting, verdicts, sending, isScheduled, onOption: show });
  const { hasTried } = publishing;
  const isOut = useRef(false);
  isOut.current = publishing.out !== undefined;

  // Who begins a post wants to type.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival.
  useEffect(() => {
    if (!post && initial.parts[0]) focusText(initial.parts[0].key);
  }, []);

  useEffect(() => endUndoables, []);
  const isPublished = publishing.out !== undefined;
  useEffect(() => {
    if (isPublished) endUndoables();
  }, [isPublished]);

  const composing = useMemo<Composing>(
    () => ({
      workspace,
      zone,
      draft,
      whose: shown,
      show,
      apply,
      rewrite,
      change: (change) => apply((before) => changeParts(before, shown, change)),
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
  const tabs: Whose[] = [undefined, ...draft.targets.map(({ channel }) => channel)];
  useComposerKeys({
    go: () => !isOut.current && (isScheduled ? void saver.flush() : publishing.now()),
    schedule: () => !isOut.current && mayPublish && publishing.ask(),
    save: () => void saver.flush(),
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
  const chosen = channels.filter(({ id }) => draft.targets.some(({ channel }) => channel === id));
  return (
    <ComposingContext value={composing}>
      <Page className="-mb-6 min-h-[calc(100dvh-3.5rem)] gap-5 pb-0! md:mb-0 md:min-h-dvh md:pb-0!">
        <PageHeader
          title={t(isScheduled ? 'title.scheduled' : post ? 'title.draft' : 'title.new')}
          actions={
            <>
              <IconButton
                look="plain"
                icon="undo"
                label={t('history.undo')}
                isDisabled={!drafting.canUndo}
                onPress={() => travel('undo', false)}
              />
              <IconButton
                look="plain"
                icon="redo"
                label={t('history.redo')}
                isDisabled={!drafting.canRedo}
                onPress={() => travel('redo', false)}
              />
              <p role="status" className="sr-only">
                {moved}
              </p>
              {mayPublish && <Delete saver={saver} isScheduled={isScheduled} onDeleted={onAnother} />}
              <Button icon={isPreview ? 'draft' : 'eye'} onPress={() => setPreview(!isPreview)} className="xl:hidden">
                {t(isPreview ? 'preview.close' : 'preview.title')}
              </Button>
            </>
          }
        />
        <div className="grid flex-1 items-start gap-8 xl:grid-cols-[minmax(0,1fr)_22rem]">
          <div className={cx('flex min-w-0 flex-col gap-5', isPreview && 'hidden xl:flex')}>
            {channels.length === 0 ? <NoChannels /> : <ChannelPicker isFixed={isScheduled} />}
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
          problem={publishing.isAsking ? undefined : publishing.problem}
          mayPublish={mayPublish}
          isScheduled={isScheduled}
          isPending={publishing.isPending}
          onNow={publishing.now}
          onWhen={publishing.ask}
          onSave={() => void saver.flush()}
        />
      </Page>
      <Describe />
      {publishing.isAsking && (
        <ScheduleDialog
          channels={chosen}
          zone={zone}
          begin={begin}
          isMove={isScheduled}
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
