import { useQueries } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { CalendarDraft, CalendarItem, EventBody } from '@/api/schema';
import { useLiveEvent } from '@/app/live';
import { useMay } from '@/app/session';
import { takesPosts } from '@/parts/posting';

const NONE: CalendarItem[] = [];
const NO_DRAFTS: CalendarDraft[] = [];

/** What is due in a stretch of time. */
export function useItems(from: number, until: number) {
  const [since, to] = [new Date(from).toISOString(), new Date(until).toISOString()];
  const read = query.useQuery('get', '/v1/calendar', { params: { query: { from: since, until: to } } });
  return {
    ...read,
    items: read.data?.items ?? NONE,
    drafts: read.data?.drafts ?? NO_DRAFTS,
    isTruncated: read.data?.truncated ?? false,
  };
}

/** The queue slots of all channels that take posts. */
export function useSlots(isWanted: boolean) {
  const channels = useChannels().data;
  const open = useMemo(
    () => channels?.filter((channel) => channel.state === 'active' && takesPosts(channel)) ?? [],
    [channels],
  );
  return useQueries({
    queries: open.map(({ id }) => ({
      ...query.queryOptions('get', '/v1/channels/{channel}/slots', { params: { path: { channel: id } } }),
      enabled: isWanted,
      staleTime: 300_000,
    })),
    combine: (results) =>
      results.flatMap(({ data }, place) => {
        const channel = open[place]?.id;
        return data && channel ? [{ channel, slots: data }] : [];
      }),
  });
}

/** How long a change is shown. */
const FRESH_MS = 2_500;

/** Posts that have just changed, so that the eye finds what moved. */
export function useFresh(): ReadonlySet<string> {
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useLiveEvent(
    'publication.',
    useCallback(({ data }: EventBody) => {
      const post = (data as { post?: unknown }).post;
      if (typeof post !== 'string') return;
      setFresh((known) => new Set(known).add(post));
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        setFresh((known) => new Set([...known].filter((one) => one !== post)));
      }, FRESH_MS);
      timers.current.add(timer);
    }, []),
  );
  useEffect(() => {
    const { current } = timers;
    return () => current.forEach((timer) => clearTimeout(timer));
  }, []);
  return fresh;
}

/** Names of the people who made posts: members by their names, everyone else by what they are. */
export function useAuthors(): (id: string) => string {
  const { t } = useTranslation('calendar');
  const mayRead = useMay('members:read');
  const members = query.useQuery('get', '/v1/members', {}, { enabled: mayRead, staleTime: 300_000 }).data?.items;
  return useCallback(
    (id) => members?.find(({ person }) => person === id)?.name ?? t(id.startsWith('person') ? 'formerMember' : 'byKey'),
    [t, members],
  );
}
