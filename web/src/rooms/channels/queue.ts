import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { query } from '@/api/client';
import type { ChannelBody, SlotBody } from '@/api/schema';
import { nextFree } from './slots';

/** What waits on each channel, and where its queue has room. */

const HOUR_MS = 3_600_000;
/** One range for all channels: what asks for someone lies behind, what will be published ahead. */
const BEHIND_MS = 30 * 24 * HOUR_MS;
const RANGE_MS = 92 * 24 * HOUR_MS;

export interface Queue {
  /** How many publications go out by themselves. */
  waiting: number;
  /** When the next of them does. */
  next: string | undefined;
  /** How many need someone. */
  asking: number;
  slots: SlotBody[] | undefined;
  /** The next free slot. */
  free: string | undefined;
}

const EMPTY: Queue = { waiting: 0, next: undefined, asking: 0, slots: undefined, free: undefined };

function useCalendar() {
  const [from] = useState(() => Math.floor(Date.now() / HOUR_MS) * HOUR_MS - BEHIND_MS);
  const range = { from: new Date(from).toISOString(), until: new Date(from + RANGE_MS).toISOString() };
  return query.useQuery('get', '/v1/calendar', {
    params: { query: { ...range, state: ['scheduled', 'parked', 'missed', 'needs_eyes'] } },
  });
}

/** The queues of channels by the channel's id. `isPending` until the first answers are there. */
export function useQueues(channels: ChannelBody[]): { of: (id: string) => Queue; isPending: boolean } {
  const calendar = useCalendar();
  const slots = useQueries({
    queries: channels.map(({ id }) =>
      query.queryOptions('get', '/v1/channels/{channel}/slots', { params: { path: { channel: id } } }),
    ),
  });
  const items = calendar.data?.items;
  const known = slots.map(({ data }) => data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the slots are a new array each time; its members are not.
  const queues = useMemo(() => {
    const now = Date.now();
    return new Map(
      channels.map((channel, place) => {
        const mine = items?.filter((item) => item.channel === channel.id) ?? [];
        const ahead = mine.filter(({ state }) => state === 'scheduled').map(({ due_at }) => due_at);
        const weekly = known[place];
        const zone = weekly?.[0]?.zone;
        const taken = new Set(ahead.map((at) => Date.parse(at)));
        const free = weekly && zone ? nextFree(weekly, zone, now, taken) : undefined;
        const queue: Queue = {
          waiting: ahead.length,
          next: ahead.toSorted()[0],
          asking: mine.length - ahead.length,
          slots: weekly,
          free: free === undefined ? undefined : new Date(free).toISOString(),
        };
        return [channel.id, queue];
      }),
    );
  }, [channels, items, ...known]);
  return {
    of: (id) => queues.get(id) ?? EMPTY,
    isPending: calendar.isPending || slots.some(({ isPending }) => isPending),
  };
}
