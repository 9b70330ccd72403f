import { useEffect, useMemo, useRef, useState } from 'react';
import { api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PartReading } from '@/api/schema';
import { type Draft, type Options, readingBody } from './model/draft';
import { latest } from './model/latest';

/** What a channel's platform made of a part, and of which text: the one on the page may be newer. */
export interface Read extends PartReading {
  text: string;
}

export interface Readings {
  /** The last reading of a part; none before the first answer. */
  of: (channel: string, part: string) => Read | undefined;
  /** Whether the server cannot be asked, so that readings stay behind. */
  isOffline: boolean;
}

const PAUSES = { pauseMs: 60, againMs: 5_000 };

/** Asks the platforms how they read the draft, at each change: one request at a time, about the latest words. */
export function useReadings(draft: Draft): Readings {
  const [known, setKnown] = useState(new Map<string, Read>());
  const [isOffline, setOffline] = useState(false);
  const asker = useRef<ReturnType<typeof latest<Draft>>>(undefined);
  useEffect(() => {
    asker.current = latest(async (wanted, signal) => {
      const { body, keys } = readingBody(wanted);
      if (body.channels.length === 0) return true;
      try {
        const { data } = await api.POST('/v1/posts/read', { body, signal });
        const parts = (data?.channels ?? []).flatMap(({ channel, parts }) =>
          parts.map((read, place): [string, Read] => {
            const { key, text } = keys[channel]?.[place] ?? { key: '', text: '' };
            return [nameOf(channel, key), { ...read, text }];
          }),
        );
        setKnown(new Map(parts));
        setOffline(false);
        return true;
      } catch (error) {
        if (!signal.aborted) setOffline(asProblem(error).type === '/problems/offline');
        return false;
      }
    }, PAUSES);
    return () => asker.current?.stop();
  }, []);
  const { body } = readingBody(draft);
  const print = JSON.stringify(body);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the print changes exactly when what is asked does.
  useEffect(() => asker.current?.want(draft), [print]);
  return useMemo(() => ({ of: (channel, part) => known.get(nameOf(channel, part)), isOffline }), [known, isOffline]);
}

const nameOf = (channel: string, part: string) => `${channel} ${part}`;

/** How much of a text fits for a channel, from its beginning; `undefined` if all of it does. */
export async function fitting(channel: string, options: Options, text: string): Promise<number | undefined> {
  const body = { parts: [{ text }], channels: [{ channel, options }] };
  const { data } = await api.POST('/v1/posts/read', { body });
  return data?.channels[0]?.parts[0]?.fits ?? undefined;
}
