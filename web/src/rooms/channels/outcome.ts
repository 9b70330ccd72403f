import type { ChannelBody } from '@/api/schema';

/** What the address says after the way to a consent page and back. */
export interface Outcome {
  /** The first channel that is connected now. */
  connected?: string;
  /** Why nothing was connected, in a word. */
  refused?: string;
  platform?: string;
  /** The attempt, of which the server tells more. */
  attempt?: string;
  /** The attempt in which channels of one account are to be chosen. */
  choose?: string;
  /** What is to be connected: a platform, or `choose` to choose one. */
  connect?: string;
}

const WORD = /^[a-z][a-z0-9-]{0,60}$/;
const ID = /^(channel|connection)_[a-zA-Z0-9]{1,60}$/;

/** Reads it from the address, where anyone may have written anything. */
export function readOutcome(search: Record<string, unknown>): Outcome {
  const { connected, refused, platform, attempt, connect, choose } = search;
  return {
    ...(typeof connected === 'string' && (ID.test(connected) || WORD.test(connected)) ? { connected } : {}),
    ...(typeof attempt === 'string' && ID.test(attempt) ? { attempt } : {}),
    ...(typeof choose === 'string' && ID.test(choose) ? { choose } : {}),
    ...(typeof refused === 'string' && WORD.test(refused) ? { refused } : {}),
    ...(typeof platform === 'string' && WORD.test(platform) ? { platform } : {}),
    ...(typeof connect === 'string' && WORD.test(connect) ? { connect } : {}),
  };
}

/** All channels that one consent gave: they were made in the same instant, at the same platform. */
export function together(channels: ChannelBody[], first: string): ChannelBody[] {
  const channel = channels.find(({ id }) => id === first);
  if (!channel) return [];
  const others = channels.filter(
    ({ id, platform, made_at }) => id !== first && platform === channel.platform && made_at === channel.made_at,
  );
  return [channel, ...others];
}
