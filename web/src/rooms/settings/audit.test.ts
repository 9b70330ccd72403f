import { expect, test } from 'vitest';
import type { AuditEventBody } from '@/api/schema';
import { ACTS, about, actorKind, fits, gathered, subjectOf } from './audit';

const event = (more: Partial<AuditEventBody>): AuditEventBody => ({
  seq: 1,
  at: '2030-01-01T00:00:00Z',
  actor: 'person_1',
  act: 'post.created',
  object: 'post_1',
  result: 'done',
  detail: {},
  ...more,
});
const everything = { about: 'all', actor: 'all', refusedOnly: false } as const;

test('every act with words belongs to something that can be looked for', () => {
  expect(ACTS.filter((act) => about(act) === undefined)).toEqual([]);
});

test('the actor is recognized by the id', () => {
  expect(actorKind('system:channels')).toBe('system');
  expect(actorKind('key_01')).toBe('key');
  expect(actorKind('person_01')).toBe('person');
});

test('a filter keeps what fits all of it', () => {
  expect(fits(event({}), everything)).toBe(true);
  expect(fits(event({}), { ...everything, about: 'channels' })).toBe(false);
  expect(fits(event({}), { ...everything, about: 'posts', actor: 'person_1' })).toBe(true);
  expect(fits(event({}), { ...everything, actor: 'person_2' })).toBe(false);
  expect(fits(event({ actor: 'system:media' }), { ...everything, actor: 'system' })).toBe(true);
  expect(fits(event({}), { ...everything, refusedOnly: true })).toBe(false);
  expect(fits(event({ result: 'refused' }), { ...everything, refusedOnly: true })).toBe(true);
});

test('an event names its post, channel, person or key, wherever the server put it', () => {
  const detail = { post: 'post_2', channel: 'channel_3' };
  expect(subjectOf({ object: 'pub_1', detail })).toEqual({ post: 'post_2', channel: 'channel_3' });
  expect(subjectOf({ object: 'pub_1', detail: {} })).toEqual({});
  expect(subjectOf({ object: 'post_1', detail: {} })).toEqual({ post: 'post_1' });
  expect(subjectOf({ object: 'channel_1', detail: {} })).toEqual({ channel: 'channel_1' });
  expect(subjectOf({ object: 'person_1', detail: { role: 'editor' } })).toEqual({ person: 'person_1', role: 'editor' });
  expect(subjectOf({ object: 'key_1', detail: { role: 7 } })).toEqual({ key: 'key_1' });
});

test('many alike in a row are one line; two, or another act between them, are not', () => {
  const rows = (...acts: string[]) => gathered(acts.map((act, seq) => event({ act, seq }))).map(({ length }) => length);
  expect(rows('media.added', 'media.added', 'media.added', 'post.created')).toEqual([3, 1]);
  expect(rows('media.added', 'media.added', 'post.created')).toEqual([1, 1, 1]);
  const others = [event({}), event({ actor: 'person_2' }), event({ result: 'refused' })];
  expect(gathered(others).map(({ length }) => length)).toEqual([1, 1, 1]);
});
