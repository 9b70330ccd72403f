import { useEffect, useMemo, useState } from 'react';
import { api } from '@/api/client';
import { asProblem, type Problem } from '@/api/problem';
import type { ChannelVerdict } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import { type Draft, judgedBody, printOf } from './model/draft';
import type { Part } from './model/parts';
import { learn } from './saving/clock';

/** What the channels said last, and about which parts: the ones on the page may have changed since. */
export interface Judged {
  verdicts: ChannelVerdict[];
  /** By channel, the parts that were sent. */
  parts: Record<string, Part[]>;
  print: string;
}

export interface Verdicts {
  judged: Judged | undefined;
  /** Whether it is about what the page says now. */
  isFresh: boolean;
  problem: Problem | undefined;
}

const PAUSE_MS = 300;
/** Without an answer they are asked again. */
const AGAIN_MS = 5_000;

/** Asks each channel what it says about the draft, shortly after each change. The server's count is the truth. */
export function useVerdicts(draft: Draft, post: string | undefined, workspace: string): Verdicts {
  const print = printOf(draft);
  const [judged, setJudged] = useState<Judged>();
  const [problem, setProblem] = useState<Problem>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the print changes exactly when what is asked does.
  useEffect(() => {
    const stop = new AbortController();
    const ask = async () => {
      const { channels, parts } = judgedBody(draft);
      if (channels.length === 0) return setJudged({ verdicts: [], parts, print });
      try {
        const { data, response } = await api.POST('/v1/posts/validate', {
          params: { query: post ? { post } : {} },
          body: { channels },
          headers: workspaceHeader(workspace),
          signal: stop.signal,
        });
        learn(response);
        setProblem(undefined);
        setJudged({ verdicts: data?.channels ?? [], parts, print });
      } catch (error) {
        if (stop.signal.aborted) return;
        setProblem(asProblem(error));
        timer = setTimeout(() => void ask(), AGAIN_MS);
      }
    };
    let timer = setTimeout(() => void ask(), judged ? PAUSE_MS : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [print]);
  return useMemo(() => ({ judged, isFresh: judged?.print === print, problem }), [judged, print, problem]);
}
