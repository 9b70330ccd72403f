import { useMemo } from 'react';
import { useComposing, useSpeakers } from './context';
import { type Found, found, gather, type Told } from './model/issues';
import type { Judged } from './useVerdicts';

/** An issue with the part and file of the page that it is about. */
export interface Placed extends Found {
  part?: string;
  file?: string;
}

/** All issues, with our keys in the place of numbers: parts may have moved since the channels were asked. */
export function placed(judged: Judged | undefined): Placed[] {
  return found(judged?.verdicts ?? []).map((one) => {
    const part = judged?.parts[one.channel]?.[one.place.part ?? -1];
    const file = part?.media[one.place.file ?? -1];
    return { ...one, ...(part ? { part: part.key } : {}), ...(file ? { file: file.key } : {}) };
  });
}

export function useAllIssues(): Placed[] {
  const { judged } = useComposing().verdicts;
  return useMemo(() => placed(judged), [judged]);
}

/** The issues of the open tab, each shown once. */
export function useIssues(): (Told & Placed)[] {
  const all = useAllIssues();
  const speakers = useSpeakers();
  return gather(all.filter(({ channel }) => speakers.some(({ id }) => id === channel)));
}
