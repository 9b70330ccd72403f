import { createContext, useContext } from 'react';
import type { ChannelBody, MediaBody, PlatformBody } from '@/api/schema';
import type { Upload, Uploads } from './media/uploads';
import type { Draft, Whose } from './model/draft';
import { type Length, lengthOf } from './model/lengths';
import type { Part } from './model/parts';
import type { Acts, Done } from './useHistory';
import { type Readings, useEveryReading } from './useReadings';
import type { Verdicts } from './useVerdicts';

/** What the pieces of the composer share. */
export interface Composing {
  workspace: string;
  zone: string;
  draft: Draft;
  /** Whose text is on the page: a channel's, or the shared one. */
  whose: Whose;
  show: (whose: Whose) => void;
  apply: Acts['apply'];
  rewrite: Acts['rewrite'];
  /** Changes the parts that are on the page. */
  change: (change: (parts: Part[]) => Part[]) => Done;
  /** Offers in a notice to take back what was done, with words that say what it was. */
  offerUndo: (done: Done, title: string) => void;
  channels: ChannelBody[];
  platforms: PlatformBody[];
  verdicts: Verdicts;
  readings: Readings;
  assets: Map<string, MediaBody>;
  uploads: Uploads;
  sending: Map<string, Upload>;
  /** The file whose description is being written, by its key. */
  describing: string | undefined;
  describe: (file: string | undefined) => void;
  /** Someone wanted to publish: from now on what is merely unfinished is told, too. */
  hasTried: boolean;
}

export const ComposingContext = createContext<Composing | undefined>(undefined);

export function useComposing(): Composing {
  const composing = useContext(ComposingContext);
  if (!composing) throw new Error('a piece of the composer stands outside of it');
  return composing;
}

/** The chosen channels, in the order in which they were chosen. A channel that is gone is left out. */
export function useChosen(): ChannelBody[] {
  const { draft, channels } = useComposing();
  return draft.targets.flatMap((target) => channels.find(({ id }) => id === target.channel) ?? []);
}

/** How long a part is for each of them, as it is read. */
export function useLengths(part: string): Length[] {
  const { readings } = useComposing();
  useEveryReading(readings);
  return useSpeakers().flatMap((channel) => lengthOf(channel, readings.of(channel.id, part)) ?? []);
}

/** The channels that say what is on the page: the one whose text it is, or all that follow the shared text. */
export function useSpeakers(): ChannelBody[] {
  const { draft, whose } = useComposing();
  const chosen = useChosen();
  if (whose !== undefined) return chosen.filter(({ id }) => id === whose);
  const followers = draft.targets.filter(({ own }) => !own).map(({ channel }) => channel);
  return chosen.filter(({ id }) => followers.includes(id));
}
