import { api, ifMatch, newKey } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody, Schedule, SchedulePost } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import type { Draft } from './model/draft';
import { type Asked, isDone, type Sent } from './outbox';
import { learn, serverNow } from './saving/clock';
import type { Saver, Times } from './saving/saver';
import { type Plan, scheduleOf } from './when/plan';

/**
 * Gives a draft its time. Everything that was typed is stored first, so that what is published is what is on the page.
 * `undefined`: it could not be stored, which the state of saving tells. Asked for again after an answer was lost, it is not
 * done twice: what was carried out is found, and the revision that was read lets no second request pass. All of it happens in
 * the workspace of the draft, whichever is chosen by then.
 */
export async function publish(
  workspace: string,
  saver: Saver,
  draft: Draft,
  asked: Asked,
): Promise<PostBody | undefined> {
  const before = asked.sent && (await carriedOut(workspace, asked.sent));
  if (before) {
    saver.retimed(before);
    return before;
  }
  if (!(await saver.flush()) || !saver.stored) return undefined;
  const { id, revision } = saver.stored;
  // The same request keeps its key. One to be published "now" says another time, so it is another request.
  const isSame = asked.plan.kind !== 'now' && asked.sent?.post === id && asked.sent.revision === revision;
  asked.sent = { post: id, revision, key: isSame && asked.sent ? asked.sent.key : newKey() };
  const params = { path: { post: id }, header: ifMatch(revision) };
  const headers = { ...workspaceHeader(workspace), 'idempotency-key': asked.sent.key };
  const { data, response } = await api.POST('/v1/posts/{post}/schedule', {
    params,
    headers,
    body: timesOf(draft, asked.plan),
  });
  learn(response);
  const post = whole(data);
  saver.retimed(post);
  return post;
}

async function carriedOut(workspace: string, sent: Sent): Promise<PostBody | undefined> {
  const { data } = await api.GET('/v1/posts/{post}', {
    params: { path: { post: sent.post } },
    headers: workspaceHeader(workspace),
  });
  return data && isDone(sent, data) ? data : undefined;
}

/** Whether it was, as far as the server can be asked. */
export async function isCarriedOut(workspace: string, sent: Sent): Promise<boolean> {
  return (await carriedOut(workspace, sent).catch(() => undefined)) !== undefined;
}

/** The times of a plan by channel, for a post that has times already. */
export function timesByChannel(plan: Plan, channels: string[]): Times {
  return new Map(channels.map((channel): [string, Schedule] => [channel, scheduleOf(plan, channel, serverNow())]));
}

function timesOf(draft: Draft, plan: Plan): SchedulePost {
  if (plan.kind === 'each') {
    const channels = draft.targets.map(({ channel }) => ({
      channel,
      schedule: scheduleOf(plan, channel, serverNow()),
    }));
    return { channels };
  }
  const schedule = scheduleOf(plan, '', serverNow());
  return plan.kind === 'time' && plan.repeat ? { schedule, repeat: plan.repeat } : { schedule };
}

/** Unschedules what has not begun to be published. What it answers says what became of the rest. */
export async function callBack(post: PostBody): Promise<PostBody> {
  const open = post.publications.filter(({ state }) => state === 'scheduled');
  const body = { decision: 'cancel' as const };
  await Promise.allSettled(
    open.map(({ id }) =>
      api.POST('/v1/publications/{publication}/decision', { params: { path: { publication: id } }, body }),
    ),
  );
  const { data } = await api.GET('/v1/posts/{post}', { params: { path: { post: post.id } } });
  return whole(data);
}

function whole(data: PostBody | undefined): PostBody {
  if (!data) throw new Problem({ type: '/problems/unreadable' });
  return data;
}

/** How a stored post can be changed here. */
export type Editing =
  /** Stored as it is typed. */
  | 'draft'
  /** It has a time: stored when someone says so, so that nothing half written is published. */
  | 'scheduled'
  /** It is on its way or live. */
  | 'closed';

const BEFORE = ['scheduled', 'parked', 'missed', 'failed', 'cancelled'];

export function editingOf(post: PostBody): Editing {
  const { publications } = post;
  if (publications.every(({ state }) => state === 'cancelled')) return 'draft';
  const isBefore = publications.every(({ state, parts_live }) => BEFORE.includes(state) && parts_live === 0);
  return isBefore ? 'scheduled' : 'closed';
}
