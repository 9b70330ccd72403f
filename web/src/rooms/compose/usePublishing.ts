import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { queries } from '@/app/queries';
import { toast } from '@/design/Toast';
import { focusOption } from './fixing';
import { focusText } from './focus';
import type { Upload } from './media/uploads';
import { bodyOf, filesOf, partsOf } from './model/draft';
import { hasContent } from './model/parts';
import { publish } from './publishing';
import type { Drafting } from './saving/useDraft';
import { placed } from './useFound';
import type { Verdicts } from './useVerdicts';
import type { Plan } from './when/plan';

interface Around {
  drafting: Drafting;
  verdicts: Verdicts;
  sending: Map<string, Upload>;
  isScheduled: boolean;
  /** Its options are to be on the page. */
  onOption: (channel: string) => void;
}

/** Gives the draft its time, or says why it cannot have one. */
export function usePublishing({ drafting, verdicts, sending, isScheduled, onOption }: Around) {
  const { t } = useTranslation('compose');
  const { draft, saver } = drafting;
  const [isPending, setPending] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [hasTried, setTried] = useState(false);
  const [out, setOut] = useState<{ post: PostBody; isNow: boolean }>();

  /** What is in the way, most basic first. */
  function obstacle(): string | undefined {
    if (draft.targets.length === 0) return t('obstacle.channels');
    const files = filesOf(draft).flatMap(({ key }) => sending.get(key) ?? []);
    if (files.some((upload) => !upload.problem)) return t('obstacle.sending');
    if (files.length > 0) return t('obstacle.failedFile');
    if (!draft.targets.some(({ channel }) => hasContent(partsOf(draft, channel)))) return t('obstacle.empty');
    if (!bodyOf(draft)) return t('obstacle.someEmpty');
    const broken = verdicts.judged?.verdicts.filter(({ ok }) => !ok).map(({ channel_name }) => channel_name) ?? [];
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

  async function plan(chosen: Plan): Promise<void> {
    setPending(true);
    setProblem(undefined);
    try {
      const post = await publish(saver, draft, chosen);
      if (!post) return;
      setAsking(false);
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === '/v1/posts' });
      if (isScheduled) return void toast({ title: t('out.moved') });
      setOut({ post, isNow: chosen.kind === 'now' });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return {
    isPending,
    isAsking,
    problem,
    out,
    hasTried,
    complaint: hasTried ? obstacle() : undefined,
    now: () => {
      if (!isPending && isClear()) void plan({ kind: 'now' });
    },
    ask: () => {
      if (!isClear()) return;
      setProblem(undefined);
      setAsking(true);
    },
    close: () => setAsking(false),
    plan,
    back: () => setOut(undefined),
  };
}
