import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { ChannelReading, PartReading } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import { type Draft, type Options, readingBody } from './model/draft';
import { latest } from './model/latest';
import type { Part } from './model/parts';

/** What a channel's platform made of a part, and of which text: the one on the page may be newer. */
export interface Read extends PartReading {
  text: string;
}

/**
 * The last readings, and the components that draw them. They come at every key: only what shows them is drawn again, not the composer
 * around it.
 */
export class Readings {
  private known = new Map<string, Read>();
  private readonly listeners = new Set<() => void>();
  /** Changes with whatever is read. */
  version = 0;
  /** Whether the server cannot be asked, so that readings stay behind. */
  isOffline = false;

  /** The last reading of a part; none before the first answer. */
  of(channel: string, part: string): Read | undefined {
    return this.known.get(nameOf(channel, part));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  private tell(): void {
    this.version += 1;
    for (const listener of [...this.listeners]) listener();
  }

  take(answered: ChannelReading[], keys: Record<string, Part[]>): void {
    const before = this.known;
    this.known = new Map(
      answered.flatMap(({ channel, parts }) =>
        parts.map((read, place): [string, Read] => {
          const { key, text } = keys[channel]?.[place] ?? { key: '', text: '' };
          const name = nameOf(channel, key);
          return [name, unlessSame(before.get(name), { ...read, text })];
        }),
      ),
    );
    this.isOffline = false;
    this.tell();
  }

  stayBehind(isOffline: boolean): void {
    this.isOffline = isOffline;
    this.tell();
  }
}

const PAUSES = { pauseMs: 60, againMs: 5_000 };

/** Asks the platforms how they read the draft, at each change: one request at a time, about the latest words. */
export function useReadings(draft: Draft, workspace: string): Readings {
  const [readings] = useState(() => new Readings());
  const asker = useRef<ReturnType<typeof latest<Draft>>>(undefined);
  useEffect(() => {
    asker.current = latest(async (wanted, signal) => {
      const { body, keys } = readingBody(wanted);
      if (body.channels.length === 0) return true;
      try {
        const { data } = await api.POST('/v1/posts/read', { body, headers: workspaceHeader(workspace), signal });
        readings.take(data?.channels ?? [], keys);
        return true;
      } catch (error) {
        if (!signal.aborted) readings.stayBehind(asProblem(error).type === '/problems/offline');
        return false;
      }
    }, PAUSES);
    return () => asker.current?.stop();
  }, [readings, workspace]);
  const print = useMemo(() => JSON.stringify(readingBody(draft).body), [draft]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the print changes exactly when what is asked does.
  useEffect(() => asker.current?.want(draft), [print]);
  return readings;
}

/** What a channel's platform made of a part last, as it comes. */
export function useRead(readings: Readings, channel: string, part: string | undefined): Read | undefined {
  return useSyncExternalStore(readings.subscribe, () => (part === undefined ? undefined : readings.of(channel, part)));
}

/** Draws again with every reading. */
export function useEveryReading(readings: Readings): void {
  useSyncExternalStore(readings.subscribe, () => readings.version);
}

/** The same object for the same reading: what is drawn from it is then not drawn again. */
function unlessSame(before: Read | undefined, read: Read): Read {
  return before && before.text === read.text && JSON.stringify(before) === JSON.stringify(read) ? before : read;
}

const nameOf = (channel: string, part: string) => `${channel} ${part}`;

/** How much of a text fits for a channel, from its beginning; `undefined` if all of it does. */
export async function fitting(channel: string, options: Options, text: string): Promise<number | undefined> {
  const body = { parts: [{ text }], channels: [{ channel, options }] };
  const { data } = await api.POST('/v1/posts/read', { body });
  return data?.channels[0]?.parts[0]?.fits ?? undefined;
}
