import { api, ifMatch } from '@/api/client';
import { Problem } from '@/api/problem';
import type { PostBody, SchedulePost } from '@/api/schema';
import type { Draft } from './model/draft';
import { learn, serverNow } from './saving/clock';
import type { Saver } from './saving/saver';
import { type Plan, scheduleOf } from './when/plan';

/**
 * Gives a draft its time. Everything that was typed is stored first, so that what goes out is what is on the page.
 * `undefined`: it could not be stored, which the state of saving tells.
 */
export async function publish(saver: Saver, draft: Draft, plan: Plan): Promise<PostBody | undefined> {
  if (!(await saver.flush()) || !saver.stored) return undefined;
  const { id, revision } = saver.stored;
  const params = { path: { post: id }, header: ifMatch(revision) };
  const body = timesOf(draft, plan);
  const { data, response } = await api.POST('/v1/posts/{post}/schedule', { params, body });
  learn(response);
  const post = whole(data);
  saver.retimed(post);
  return post;
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
