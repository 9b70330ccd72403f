import { api, ifMatch } from '@/api/client';
import type { ChangeSeries, Deciding, PartContent, PostBody, PublicationBody, Schedule } from '@/api/schema';
import { queries } from '@/app/queries';

/** Everything that can be done with a post that is made. After each, whatever shows posts reads them again. */

const SHOWN = ['/v1/posts', '/v1/publications', '/v1/calendar'];

function readAgain(): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey }) => SHOWN.some((path) => String(queryKey[1]).startsWith(path)),
  });
}

async function andRead<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } finally {
    void readAgain();
  }
}

export function decide(publication: string, decision: Deciding, url?: string) {
  return andRead(() =>
    api.POST('/v1/publications/{publication}/decision', {
      params: { path: { publication } },
      body: url ? { decision, url } : { decision },
    }),
  );
}

/** One after the other; the first that is refused ends it, and what went before stays done. */
export function decideAll(publications: readonly PublicationBody[], decision: Deciding) {
  return andRead(async () => {
    for (const { id } of publications) await decide(id, decision);
  });
}

/** Gives single channels another time. Each is named: without a name the server would take all. */
export function reschedule(post: PostBody, channels: readonly string[], schedule: Schedule) {
  return andRead(async () => {
    let { revision } = post;
    for (const channel of channels) {
      const { data } = await api.POST('/v1/posts/{post}/schedule', {
        params: { path: { post: post.id }, header: ifMatch(revision) },
        body: { schedule, channel },
      });
      revision = data?.revision ?? revision;
    }
  });
}

/** A draft that says the same, for the channels that still are there. */
export function duplicate(post: PostBody, channels: ReadonlySet<string>) {
  const targets = post.variants
    .filter(({ channel }) => channels.has(channel))
    .map(({ channel, own, parts, options }) => ({ channel, options, ...(own ? { parts } : {}) }));
  return andRead(async () => {
    const { data } = await api.POST('/v1/posts', { body: { parts: post.parts, channels: targets } });
    return data;
  });
}

/** Takes back that something was unscheduled: what still can is published at its time. */
export function restoreAll(publications: readonly PublicationBody[]) {
  return decideAll(publications, 'restore');
}

/** Brings a post back that was just deleted, with its times. */
export function bringBack(post: PostBody) {
  return andRead(() => api.POST('/v1/posts/{post}/restore', { params: { path: { post: post.id } } }));
}

/** Hands a post back to its author, or takes it back. */
export function handBack(post: PostBody, note: string) {
  const params = { path: { post: post.id }, header: ifMatch(post.revision) };
  const body = note.trim() ? { note } : {};
  return andRead(() => api.POST('/v1/posts/{post}/review/return', { params, body }));
}

/** Moves, pauses, resumes or ends a series, or one occurrence and those after it. */
export function changeSeries(post: PostBody, series: string, body: ChangeSeries) {
  const params = { path: { series }, header: ifMatch(post.revision) };
  return andRead(() => api.POST('/v1/series/{series}', { params, body }));
}

export function remove(post: PostBody) {
  return andRead(() => api.DELETE('/v1/posts/{post}', { params: { path: { post: post.id } } }));
}

/** Changes what is live on one channel. Where the platform refuses, it stays as it is, there and here. */
export function changeLive(publication: PublicationBody, parts: PartContent[]) {
  const params = { path: { publication: publication.id } };
  return andRead(() => api.PUT('/v1/publications/{publication}/live', { params, body: { parts } }));
}

/** Gives one channel a text of its own, and sends it there. */
export function changeAndSend(post: PostBody, publication: PublicationBody, parts: PartContent[]) {
  const options = post.variants.find(({ id }) => id === publication.variant)?.options ?? {};
  return andRead(async () => {
    await api.PATCH('/v1/posts/{post}', {
      params: { path: { post: post.id }, header: ifMatch(post.revision) },
      body: { channels: [{ channel: publication.channel, parts, options }] },
    });
    await decide(publication.id, 'send');
  });
}

export function deleteLive(publication: string) {
  return andRead(() => api.DELETE('/v1/publications/{publication}/live', { params: { path: { publication } } }));
}

/** Resumes a paused channel; what waits for it continues with it. */
export function resume(channel: string) {
  return andRead(async () => {
    await api.DELETE('/v1/channels/{channel}/pause', { params: { path: { channel } } });
    await queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/channels') });
  });
}
