import { api, ifMatch } from '@/api/client';
import { Problem } from '@/api/problem';
import type { CalendarBody, CalendarItem, ChangeSeries, PostBody, Schedule } from '@/api/schema';
import { queries } from '@/app/queries';
import { type Entry, movable } from './model/entries';
import { textOfLocal, Wall } from './model/wall';

/** Where something goes: the instant, and the local time that stands for it where there is one. */
export interface Destination {
  at: number;
  schedule: Schedule;
}

/** A time on the wall, as the server takes it: by the local time, unless that names another instant. */
export function destination(at: number, wall: Wall): Destination {
  const local = wall.local(at);
  if (wall.instant(local).at !== at) return { at, schedule: { at: new Date(at).toISOString() } };
  return { at, schedule: { local: textOfLocal(local), zone: wall.zone } };
}

/** Back to where it was, with the local time that was chosen then. */
export function origin(entry: Entry): Destination {
  const [first] = movable(entry);
  const { local_time: local, zone } = first ?? {};
  return { at: entry.at, schedule: local && zone ? { local, zone } : { at: new Date(entry.at).toISOString() } };
}

/** The entry as it stands after it was moved, for moving it again. */
export function movedTo(entry: Entry, to: Destination): Entry {
  const gone = new Set(movable(entry).map(({ publication }) => publication));
  return {
    ...entry,
    at: to.at,
    items: entry.items.map((item) => (gone.has(item.publication) ? itemAt(item, to) : item)),
  };
}

/** An item at another time. An occurrence of a series keeps the zone of its series. */
function itemAt(item: CalendarItem, { at, schedule }: Destination): CalendarItem {
  const moved = { ...item, due_at: new Date(at).toISOString(), state: 'scheduled' as const };
  if (item.series && item.zone) return { ...moved, local_time: localIn(item.zone, at) };
  return { ...moved, local_time: schedule.local ?? null, zone: schedule.zone ?? null };
}

function localIn(zone: string, at: number): string {
  return textOfLocal(new Wall(zone, at, at).local(at));
}

/** Shows the move at once, and says how to take that back. */
function show(entry: Entry, to: Destination): () => void {
  const gone = new Set(movable(entry).map(({ publication }) => publication));
  const filter = { predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[1] === '/v1/calendar' };
  const before = queries.getQueriesData<CalendarBody>(filter);
  queries.setQueriesData<CalendarBody>(filter, (body) => {
    if (!body) return body;
    const items = body.items.map((item) => (gone.has(item.publication) ? itemAt(item, to) : item));
    return { ...body, items };
  });
  return () => before.forEach(([key, body]) => queries.setQueryData(key, body));
}

/** How much of a series is moved: this occurrence alone, or it and all later ones. */
export type Reach = 'one' | 'later';

/**
 * Moves what can be moved of an entry. It is shown where it goes at once; if the server does not take it, it is shown
 * where it was, and the problem is thrown. Later occurrences of a series are shown where they go once the server has moved
 * them.
 */
export async function moveEntry(entry: Entry, to: Destination, reach: Reach = 'one'): Promise<void> {
  const moved = movable(entry);
  await queries.cancelQueries({ predicate: ({ queryKey }) => queryKey[1] === '/v1/calendar' });
  const takeBack = show(entry, to);
  try {
    const { data: post } = await api.GET('/v1/posts/{post}', { params: { path: { post: entry.post } } });
    if (!post || !standsThere(post, entry)) throw new Problem({ type: '/problems/stale-revision' });
    if (entry.series) await moveSeries(post, entry, to.at, reach);
    else
      await reschedule(
        post,
        moved.map(({ channel }) => ({ channel, schedule: to.schedule })),
      );
  } catch (error) {
    takeBack();
    throw error;
  } finally {
    void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/calendar') });
  }
}

/** Moves an occurrence on all its channels, alone or with those after it. Its series keeps its zone. */
async function moveSeries(post: PostBody, entry: Entry, at: number, reach: Reach): Promise<void> {
  const [first] = movable(entry);
  if (!entry.series || !first?.local_time || !first.zone) return;
  const body: ChangeSeries = {
    act: reach === 'one' ? 'move_one' : 'move',
    from: first.local_time.slice(0, 16),
    local: localIn(first.zone, at),
  };
  await api.POST('/v1/series/{series}', {
    params: { path: { series: entry.series }, header: ifMatch(post.revision) },
    body,
  });
}

/** Whether what is moved still stands where the calendar shows it. */
function standsThere(post: PostBody, entry: Entry): boolean {
  return movable(entry).every(({ publication, due_at }) => {
    const found = post.publications.find(({ id }) => id === publication);
    return found && Date.parse(found.due_at) === Date.parse(due_at);
  });
}

/**
 * One request if all of the post goes to one time. Otherwise one for each channel: without a channel's name the server
 * would take the others too, and send anew what is live there.
 */
export async function reschedule(
  post: PostBody,
  times: readonly { channel: string; schedule: Schedule }[],
): Promise<void> {
  const path = { post: post.id };
  const [first] = times;
  const isWhole =
    times.length === post.publications.length &&
    post.variants.every((variant) => times.some(({ channel }) => channel === variant.channel)) &&
    times.every(({ schedule }) => JSON.stringify(schedule) === JSON.stringify(first?.schedule));
  let { revision } = post;
  for (const { channel, schedule } of isWhole ? times.slice(0, 1) : times) {
    const { data } = await api.POST('/v1/posts/{post}/schedule', {
      params: { path, header: ifMatch(revision) },
      body: isWhole ? { schedule } : { schedule, channel },
    });
    revision = data?.revision ?? revision;
  }
}
