import type { AuditEventBody } from '@/api/schema';

/** What happened, who did it, and what someone looks for. Pure. */

/** Acts that have words; one that comes later is shown as it is called. */
export const ACTS = [
  'channel.access_removed',
  'channel.connected',
  'channel.disconnected',
  'channel.erased',
  'channel.paused',
  'channel.resumed',
  'channel.slots_changed',
  'comment.changed',
  'comment.replied',
  'comment.reply_begun',
  'comment.reply_in_doubt',
  'comment.reply_refused',
  'email.asked',
  'email.changed',
  'email.proven',
  'installation.owned',
  'invitation.declined',
  'invitation.ended',
  'key.made',
  'key.revoked',
  'key.rotated',
  'keys.rotated',
  'media.added',
  'media.deleted',
  'media.described',
  'member.added',
  'member.changed',
  'member.invited',
  'member.joined',
  'member.removed',
  'password.changed',
  'password.link_made',
  'password.reset',
  'platform_app.deleted',
  'platform_app.entered',
  'post.changed',
  'post.created',
  'post.deleted',
  'post.handed_back',
  'post.handed_in',
  'post.restored',
  'post.scheduled',
  'publication.cancelled',
  'publication.changed_there',
  'publication.confirmed',
  'publication.deleted_there',
  'publication.dropped',
  'publication.failed',
  'publication.moved',
  'publication.needs_eyes',
  'publication.part_published',
  'publication.published',
  'publication.restored',
  'publication.sent_again',
  'series.ended',
  'series.moved',
  'series.paused',
  'series.resumed',
  'publishing.resumed',
  'publishing.stopped',
  'request.made',
  'session.began',
  'session.ended',
  'workspace.changed',
  'workspace.made',
] as const;
type Act = (typeof ACTS)[number];

/** The key of its words. */
export type ActWord = Act extends infer One ? (One extends `${infer A}.${infer B}` ? `${A}_${B}` : never) : never;

export function actWord(act: Act): ActWord {
  return act.replace('.', '_') as ActWord;
}

export function isAct(text: string): text is Act {
  return ACTS.some((act) => act === text);
}

/** What an act is about, for the filter: the word before the dot, gathered where people do not tell them apart. */
export const ABOUTS = ['posts', 'channels', 'media', 'members', 'keys', 'workspace', 'sign-in'] as const;
export type About = (typeof ABOUTS)[number];

const GROUPS: Record<string, About> = {
  post: 'posts',
  publication: 'posts',
  series: 'posts',
  comment: 'posts',
  channel: 'channels',
  media: 'media',
  member: 'members',
  invitation: 'members',
  key: 'keys',
  keys: 'workspace',
  platform_app: 'workspace',
  publishing: 'workspace',
  request: 'sign-in',
  workspace: 'workspace',
  installation: 'workspace',
  session: 'sign-in',
  email: 'sign-in',
  password: 'sign-in',
};

export function about(act: string): About | undefined {
  return GROUPS[act.split('.')[0] ?? ''];
}

export type ActorKind = 'person' | 'key' | 'system';

export function actorKind(actor: string): ActorKind {
  if (actor.startsWith('system:')) return 'system';
  return actor.startsWith('key_') ? 'key' : 'person';
}

export interface Filter {
  about: About | 'all';
  /** A person's or key's id, `system`, or `all`. */
  actor: string;
  refusedOnly: boolean;
}

export function fits(event: AuditEventBody, { about: wanted, actor, refusedOnly }: Filter): boolean {
  if (refusedOnly && event.result !== 'refused') return false;
  if (wanted !== 'all' && about(event.act) !== wanted) return false;
  if (actor === 'all') return true;
  return actor === 'system' ? actorKind(event.actor) === 'system' : event.actor === actor;
}

/** What an event is about, by what its names point to. Ids themselves mean nothing to a reader. */
export interface Subject {
  post?: string;
  channel?: string;
  person?: string;
  key?: string;
  role?: string;
}

export function subjectOf({ object, detail }: Pick<AuditEventBody, 'object' | 'detail'>): Subject {
  const { post, channel, role } = (detail ?? {}) as Record<string, unknown>;
  const id = (value: unknown, kind: string) => [value, object].find((one) => String(one).startsWith(`${kind}_`));
  const found = {
    post: id(post, 'post'),
    channel: id(channel, 'channel'),
    person: id(undefined, 'person'),
    key: id(undefined, 'key'),
    role,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === 'string'));
}

/** So many alike in a row are shown one by one; more are gathered. */
const ALIKE_MAX = 2;

/** Neighbours that say the same of different things: who did what, with which result. Latest first, as they come. */
export function gathered(events: AuditEventBody[]): AuditEventBody[][] {
  const rows: AuditEventBody[][] = [];
  for (const event of events) {
    const [last] = rows.at(-1) ?? [];
    const isAlike = last && last.act === event.act && last.actor === event.actor && last.result === event.result;
    if (isAlike) rows.at(-1)?.push(event);
    else rows.push([event]);
  }
  return rows.flatMap((row) => (row.length > ALIKE_MAX ? [row] : row.map((event) => [event])));
}
