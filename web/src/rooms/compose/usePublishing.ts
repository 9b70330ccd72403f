import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { ChannelBody, PostBody } from '@/api/schema';
import { isOnline, useOnline } from '@/app/online';
import { queries } from '@/app/queries';
import { toast } from '@/design/Toast';
import { focusOption } from './fixing';
import { focusText } from './focus';
import type { Upload } from './media/uploads';
import { bodyOf, type Draft, filesOf, partsOf, printOf } from './model/draft';
import { hasContent } from './model/parts';
import { type Asked, carryOn, keepAsked, keptAsked, needsAsking, takeOver } from './outbox';
import { publish, timesByChannel } from './publishing';
import { forget } from './saving/backup';
import { serverNow } from './saving/clock';
import type { Saver } from './saving/saver';
import type { Drafting } from './saving/useDraft';
import { placed } from './useFound';
import type { Verdicts } from './useVerdicts';
import type { Plan } from './when/plan';
import { addedTo, joiningTime, type Standing } from './when/standing';

interface Around {
  workspace: string;
  drafting: Drafting;
  verdicts: Verdicts;
  sending: Map<string, Upload>;
  isScheduled: boolean;
  /** The times of a scheduled post. */
  standing: Standing[];
  nameOf: (channel: ChannelBody | string) => string;
  /** Its options are to be on the page. */
  onOption: (channel: string) => void;
}

/** Gives the draft its time, or says why it cannot have one. */
export function usePublishing(around: Around) {
  const { workspace, drafting, verdicts, sending, isScheduled, standing, nameOf, onOption } = around;
  const { t } = useTranslation('compose');
  const { draft, saver } = drafting;
  const [isPending, setPending] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [hasTried, setTried] = useState(false);
  const [out, setOut] = useState<{ post: PostBody; isNow: boolean }>();
  const chosen = draft.targets.map(({ channel }) => channel);

  /** What is in the way, most basic first. */
  function obstacle(): string | undefined {
    if (draft.targets.length === 0) return t('obstacle.channels');
    const files = filesOf(draft).flatMap(({ key }) => sending.get(key) ?? []);
    if (files.some((upload) => !upload.problem)) return t('obstacle.sending');
    if (files.length > 0) return t('obstacle.failedFile');
    if (!draft.targets.some(({ channel }) => hasContent(partsOf(draft, channel)))) return t('obstacle.empty');
    if (!bodyOf(draft)) return t('obstacle.someEmpty');
    const broken = verdicts.judged?.verdicts.filter(({ ok }) => !ok).map(({ channel }) => nameOf(channel)) ?? [];
    if (verdicts.isFresh && broken.length > 0) return t('obstacle.issues', { names: broken.join(', ') });
    return undefined;
  }

  /** Whether it can go on; if not, the keyboard goes where something has to be done. */
  function isClear(): boolean {
    setTried(true);
    if (obstacle() === undefined) return true;
    const errors = placed(verdicts.judged).filter(({ issue }) => issue.severity === 'error');
    const [first] = errors;
    if (first?.place.option) {
      onOption(first.channel);
      focusOption(first.channel, first.place.option);
      return false;
    }
    const part = errors.find((one) => one.part)?.part ?? draft.parts[0]?.key;
    if (part) focusText(part);
    return false;
  }

  async function act(doing: () => Promise<void>): Promise<void> {
    setPending(true);
    setProblem(undefined);
    try {
      await doing();
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === '/v1/posts' });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  const queue = useQueue(workspace, saver, draft, (asked) =>
    act(async () => {
      const post = await publish(workspace, saver, draft, asked);
      if (!post) return;
      setAsking(false);
      setOut({ post, isNow: asked.plan.kind === 'now' });
    }),
  );

  /** Stores a scheduled post as it is on the page, with the times of a plan if there is one. */
  async function save(plan?: Plan): Promise<boolean> {
    const joins = addedTo(saver.post, chosen);
    const joining = joiningTime(standing, serverNow());
    const joined = new Map(joining ? joins.map((channel) => [channel, joining] as const) : []);
    const isStored = await saver.flush(plan ? timesByChannel(plan, chosen) : joined);
    if (!isStored) {
      if (saver.state.kind === 'failed') throw saver.state.problem;
      return false;
    }
    setAsking(false);
    if (plan) toast({ title: t('out.moved') });
    return true;
  }

  /** Whether channels were added that cannot take the time of the others. */
  const mustAsk = addedTo(saver.post, chosen).length > 0 && !joiningTime(standing, serverNow());

  return {
    isPending: isPending || queue.isTrying,
    isAsking,
    problem,
    out,
    hasTried,
    complaint: hasTried ? obstacle() : undefined,
    waiting: queue.waiting,
    /** It is asked once more whether it is still wanted. */
    isQuestion: queue.isQuestion,
    giveUp: queue.giveUp,
    go: (plan: Plan) => {
      if (!isPending && isClear()) void queue.take(plan);
    },
    ask: () => {
      if (!isClear()) return;
      setProblem(undefined);
      setAsking(true);
    },
    close: () => setAsking(false),
    /** What the dialog was closed with. */
    plan: (plan: Plan) => (isScheduled ? act(async () => void (await save(plan))) : queue.take(plan)),
    /** True when a scheduled post is stored as it is on the page. */
    save: async (): Promise<boolean> => {
      if (!isClear()) return false;
      if (mustAsk) {
        setAsking(true);
        return false;
      }
      let isStored = false;
      await act(async () => {
        isStored = await save();
      });
      return isStored;
    },
    back: () => setOut(undefined),
  };
}

/** What is asked for waits here while there is no connection, and is done once it is back. */
function useQueue(workspace: string, saver: Saver, draft: Draft, attempt: (asked: Asked) => Promise<void>) {
  const { t } = useTranslation('compose');
  const [waiting, wait] = useState<Asked | undefined>(() => keptAsked(workspace, saver.stored?.id));
  const [isTrying, setTrying] = useState(false);
  const isThere = useOnline();
  const id = saver.stored?.id;
  const isQuestion = waiting !== undefined && isThere && needsAsking(waiting, serverNow(), printOf(draft));

  async function run(asked: Asked): Promise<void> {
    if (!isOnline()) return wait(asked);
    setTrying(true);
    await attempt(asked);
    setTrying(false);
    // Whatever came of it is shown, unless nobody answered.
    wait(isOnline() ? undefined : { ...asked });
  }

  useEffect(() => {
    if (id) keepAsked(workspace, undefined, undefined);
    keepAsked(workspace, id, waiting);
  }, [workspace, id, waiting]);
  const isReady = waiting !== undefined && isThere && !isQuestion && !isTrying;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the connection is the reason to run.
  useEffect(() => {
    if (isReady && waiting) void run(waiting);
  }, [isReady]);

  const latest = useRef({ waiting, draft });
  latest.current = { waiting, draft };
  useEffect(() => {
    takeOver('asked', workspace, saver.stored?.id);
    return () => {
      const { waiting: asked, draft: left } = latest.current;
      if (asked) carryOn('asked', workspace, saver.stored?.id, () => finish(asked, left));
    };
    /** Its page was left; the notice says what became of it. */
    async function finish(asked: Asked, left: Draft): Promise<void> {
      if (needsAsking(asked, serverNow(), printOf(left))) return void toast({ kind: 'info', title: t('queue.left') });
      const post = await publish(workspace, saver, left, asked).catch(() => undefined);
      if (!post) return void toast({ kind: 'failed', title: t('queue.failed') });
      keepAsked(workspace, undefined, undefined);
      keepAsked(workspace, post.id, undefined);
      forget(workspace, undefined);
      forget(workspace, post.id);
      toast({ title: t(asked.plan.kind === 'now' ? 'queue.published' : 'queue.scheduled') });
    }
  }, [workspace, saver, t]);

  return {
    waiting,
    isQuestion,
    isTrying,
    giveUp: () => wait(undefined),
    take: (plan: Plan) => run({ plan, at: serverNow(), print: printOf(draft) }),
  };
}
