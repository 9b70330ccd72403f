import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { ChannelBody, PostBody } from '@/api/schema';
import { isOnline, useOnline } from '@/app/online';
import { queries } from '@/app/queries';
import { meQuery } from '@/app/session';
import { toast } from '@/design/Toast';
import { focusOption } from './fixing';
import { focusText } from './focus';
import type { Upload } from './media/uploads';
import { bodyOf, type Draft, filesOf, partsOf, printOf } from './model/draft';
import { hasContent } from './model/parts';
import { type Asked, alone, carryOn, dropAsked, keepAsked, keptAsked, needsAsking, takeOver } from './outbox';
import { isCarriedOut, publish, timesByChannel } from './publishing';
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
  /** Who is signed in. */
  person: string;
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
  const { workspace, person, drafting, verdicts, sending, isScheduled, standing, nameOf, onOption } = around;
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

  const queue = useQueue({ workspace, person }, saver, draft, (asked) =>
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

interface Whose {
  workspace: string;
  person: string;
}

/** What is asked for waits here while there is no connection, and is done once it is back. */
function useQueue({ workspace, person }: Whose, saver: Saver, draft: Draft, attempt: (asked: Asked) => Promise<void>) {
  const { t } = useTranslation('compose');
  const [waiting, setWaiting] = useState(() => keptAsked({ workspace, person, post: saver.stored?.id }));
  /** A request that waited is being carried out. */
  const [tried, setTried] = useState<Asked>();
  /** What waits, and the draft that it is kept under: a new one gets its id later. */
  const mine = useRef(waiting && { asked: waiting, post: saver.stored?.id });
  const isBusy = useRef(false);
  const isThere = useOnline();
  const id = saver.stored?.id;
  const isDoubtful = waiting !== undefined && isThere && needsAsking(waiting, serverNow(), printOf(draft));
  // A request without an answer may have been carried out: that is looked up before anyone is asked.
  const [looked, setLooked] = useState<Asked>();
  const isQuestion = isDoubtful && (waiting.sent === undefined || looked === waiting);
  const isLookUp = isDoubtful && !isQuestion;

  /** Lets it wait, or nothing. Only what this page has kept is replaced. */
  function wait(asked: Asked | undefined): void {
    if (mine.current) dropAsked({ workspace, person, post: mine.current.post }, mine.current.asked);
    const post = saver.stored?.id;
    mine.current = asked && { asked, post };
    if (asked) keepAsked({ workspace, person, post }, asked);
    setWaiting(asked);
  }

  /** Takes what waits, to carry it out. False if another tab has done that: it is not done twice. */
  async function claim(asked: Asked): Promise<boolean> {
    const isOurs = await alone(
      () => mine.current !== undefined && dropAsked({ workspace, person, post: mine.current.post }, asked),
    );
    mine.current = undefined;
    setWaiting(undefined);
    return isOurs;
  }

  async function run(asked: Asked): Promise<void> {
    if (!isOnline()) return wait(asked);
    isBusy.current = true;
    await attempt(asked);
    isBusy.current = false;
    // Whatever came of it is shown, unless no one answered.
    if (!isOnline()) wait({ ...asked });
  }

  async function runKept(asked: Asked): Promise<void> {
    setTried(asked);
    if (await claim(asked)) await run(asked);
    setTried(undefined);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: what waits moves along when the draft gets its id.
  useEffect(() => {
    const kept = mine.current;
    if (!kept || kept.post === id) return;
    // Unless another tab has taken it meanwhile.
    wait(dropAsked({ workspace, person, post: kept.post }, kept.asked) ? kept.asked : undefined);
  }, [id]);
  const isReady = waiting !== undefined && isThere && !isDoubtful && !tried;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the connection is the reason to run.
  useEffect(() => {
    if (isReady && waiting) void runKept(waiting);
  }, [isReady]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each request.
  useEffect(() => {
    if (!isLookUp || !waiting?.sent) return;
    void isCarriedOut(workspace, waiting.sent).then((isOut) => (isOut ? runKept(waiting) : setLooked(waiting)));
  }, [isLookUp, waiting]);

  const latest = useRef({ draft, wait, claim });
  latest.current = { draft, wait, claim };
  useEffect(() => {
    takeOver('asked', workspace, saver.stored?.id);
    return () => {
      if (mine.current || isBusy.current) later();
    };
    function later(): void {
      carryOn('asked', workspace, saver.stored?.id, finish);
    }
    /** Its page was left; the notice says what became of it. */
    async function finish(): Promise<void> {
      const { draft: left, wait: again, claim: take } = latest.current;
      // Someone else has signed in since.
      const now = queries.getQueryData(meQuery.queryKey);
      if (!mine.current || (now && now.id !== person)) return;
      const { asked, post: was } = mine.current;
      const isOut = asked.sent && (await isCarriedOut(workspace, asked.sent));
      if (!isOut && needsAsking(asked, serverNow(), printOf(left)))
        return void toast({ kind: 'info', title: t('queue.left') });
      if (!(await take(asked))) return;
      const post = await publish(workspace, saver, left, asked).catch(() => undefined);
      if (!post && !isOnline()) {
        again({ ...asked });
        return later();
      }
      if (!post) return void toast({ kind: 'failed', title: t('queue.failed') });
      forget(workspace, was);
      forget(workspace, post.id);
      toast({ title: t(asked.plan.kind === 'now' ? 'queue.published' : 'queue.scheduled') });
    }
  }, [workspace, person, saver, t]);

  return {
    waiting: waiting ?? tried,
    isQuestion,
    isTrying: tried !== undefined,
    giveUp: () => wait(undefined),
    take: (plan: Plan) => {
      wait(undefined);
      return run({ plan, at: serverNow(), print: printOf(draft) });
    },
  };
}
