import { api, ifMatch } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { bodyOf, type Draft } from './model/draft';
import { learn, serverNow } from './saving/clock';
import type { Saver } from './saving/saver';
import { isWhole, type Plan, scheduleOf } from './when/plan';

/**
 * Gives a draft its time. Everything that was typed is stored first, so that what goes out is what is on the page.
 * `undefined`: it could not be stored, which the state of saving tells.
 */
export async function publish(saver: Saver, draft: Draft, plan: Plan): Promise<PostBody | undefined> {
  if (!(await saver.flush()) || !saver.stored) return undefined;
  const { id, revision } = saver.stored;
  if (isWhole(plan)) return anew(id, draft, plan);
  const schedule = scheduleOf(plan, '', serverNow());
  const params = { path: { post: id }, header: ifMatch(revision) };
  const { data, response } = await api.POST('/v1/posts/{post}/schedule', { params, body: { schedule } });
  learn(response);
  return whole(data);
}

/** Times by channel and repetitions are given as a whole or not at all: a new post takes the draft's place. */
async function anew(old: string, draft: Draft, plan: Plan): Promise<PostBody> {
  const body = bodyOf(draft);
  if (!body) throw new Problem({ type: '/problems/unreadable' });
  const channels = body.channels.map((target) => ({
    ...target,
    schedule: scheduleOf(plan, target.channel, serverNow()),
  }));
  const repeat = plan.kind === 'time' && plan.repeat ? { repeat: plan.repeat } : {};
  const { data } = await api.POST('/v1/posts', { body: { parts: body.parts, channels, ...repeat } });
  await api.DELETE('/v1/posts/{post}', { params: { path: { post: old } } }).catch(() => {});
  return whole(data);
}

/** Calls off what has not begun to go out. What it answers says what became of the rest. */
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
  /** It has a time: stored when somebody says so, so that nothing half written goes out. */
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
