import type { ChannelBody } from '@/api/schema';

/** Channels of one account that must be reconnected: one sign-in there renews all of them. */
export function reconnectGroups(channels: readonly ChannelBody[]): ChannelBody[][] {
  const groups = new Map<string, ChannelBody[]>();
  for (const channel of channels.filter(({ state }) => state === 'needs_reconnect')) {
    const account = `${channel.platform} ${channel.connected_by}`;
    groups.set(account, [...(groups.get(account) ?? []), channel]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}
