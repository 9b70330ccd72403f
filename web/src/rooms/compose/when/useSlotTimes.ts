import { useQueries } from '@tanstack/react-query';
import { query } from '@/api/client';
import type { ChannelBody } from '@/api/schema';
import { nextFree } from './times';

/** The next free slot of a channel: `undefined` while it is being found out, `null` if there is none. */
export interface SlotTime {
  channel: ChannelBody;
  at: Date | null | undefined;
  zone: string | undefined;
}

const AHEAD_MS = 91 * 86_400_000;

/** When each channel's next free slot is. Nearly: the server takes it when the post is scheduled, and says which it was. */
export function useSlotTimes(channels: ChannelBody[], now: Date): SlotTime[] {
  const slots = useQueries({
    queries: channels.map(({ id }) =>
      query.queryOptions('get', '/v1/channels/{channel}/slots', { params: { path: { channel: id } } }),
    ),
  });
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const busy = query.useQuery('get', '/v1/calendar', {
    params: {
      query: {
        from: minute.toISOString(),
        until: new Date(minute.getTime() + AHEAD_MS).toISOString(),
        state: ['scheduled', 'parked'],
      },
    },
  });
  return channels.map((channel, place) => {
    const found = slots[place]?.data;
    if (!found || busy.isPending) return { channel, at: undefined, zone: undefined };
    const taken = (busy.data?.items ?? [])
      .filter((item) => item.channel === channel.id)
      .map(({ due_at }) => Date.parse(due_at));
    return { channel, at: nextFree(found, now, new Set(taken)) ?? null, zone: found[0]?.zone };
  });
}
