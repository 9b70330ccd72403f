import type { ChannelBody } from '@/api/schema';
import type { Judged } from '../useVerdicts';
import type { Part } from './parts';
import { estimate } from './text';

/** How long a part is for a channel, and how long it may be. */
export interface Length {
  channel: ChannelBody;
  length: number;
  max: number;
  unit: string;
}

/** Whether so little is left that the number is worth reading. */
export const NEAR = 0.8;

export function lengthOf(part: Part, channel: ChannelBody, judged: Judged | undefined): Length | undefined {
  const text = channel.limits?.text;
  if (!text) return undefined;
  const place = judged?.parts[channel.id]?.findIndex(({ key }) => key === part.key) ?? -1;
  const length = judged?.verdicts.find((verdict) => verdict.channel === channel.id)?.lengths[place];
  const then = judged?.parts[channel.id]?.[place]?.text;
  const known = length === undefined || then === undefined ? undefined : { text: then, length };
  return { channel, length: estimate(part.text, text.unit, known), max: text.max, unit: text.unit };
}

/** Channels of one platform with the same figures, told together. */
export function alike(lengths: Length[]): Length[][] {
  const groups = new Map<string, Length[]>();
  for (const one of lengths) {
    const key = `${one.channel.platform} ${one.max} ${one.length}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].sort(([one], [other]) => left(one) - left(other));
}

const left = (one: Length | undefined) => (one ? one.max - one.length : 0);

/** The one that has the most too much, if any. */
export function worst(lengths: Length[]): Length | undefined {
  return lengths.filter((one) => one.length > one.max).sort((one, other) => left(one) - left(other))[0];
}
