import { useCallback } from 'react';
import type { ChannelBody } from '@/api/schema';
import { channelWords } from '@/parts/ChannelName';
import { useComposing } from './context';

/** A channel in words that no other one has: its name, its handle and its network. */
export function useNames(): (channel: ChannelBody | string) => string {
  const { channels, platforms } = useComposing();
  return useCallback((channel) => namesOf(channels, platforms)(channel), [channels, platforms]);
}

interface Platform {
  id: string;
  name: string;
}

/** The same outside of the page's pieces. A channel that is gone has no name any more. */
export function namesOf(channels: ChannelBody[], platforms: Platform[]): (channel: ChannelBody | string) => string {
  return (channel) => {
    const found = typeof channel === 'string' ? channels.find(({ id }) => id === channel) : channel;
    return found ? channelWords(found, platforms.find(({ id }) => id === found.platform)?.name) : '';
  };
}
