import type { ChannelBody } from '@/api/schema';
import type { Read } from '../useReadings';

/** How long a part is for a channel, and how long it may be, as its platform counts. */
export interface Length {
  channel: ChannelBody;
  length: number;
  max: number;
  /** Where the text begins to be too much, if it does. */
  fits?: number;
}

/** Whether so little is left that the number is worth reading. */
export const NEAR = 0.8;

export function lengthOf(channel: ChannelBody, read: Read | undefined): Length | undefined {
  if (!read) return undefined;
  return { channel, length: read.length, max: read.limit, ...(read.fits == null ? {} : { fits: read.fits }) };
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
