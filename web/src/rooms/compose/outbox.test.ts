// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PostBody } from '@/api/schema';
import { answered, unanswered } from '@/app/online';
import { type Asked, carryOn, dropAsked, isDone, keepAsked, keptAsked, needsAsking, takeOver } from './outbox';

const AT = Date.parse('2030-01-01T09:00:00Z');
const MINUTE = 60_000;
const ZONE = 'Europe/Amsterdam';
const asked = (plan: Asked['plan']): Asked => ({ plan, at: AT, print: 'Hello' });
const wants = (plan: Asked['plan'], minutes: number, print = 'Hello') =>
  needsAsking(asked(plan), AT + minutes * MINUTE, print);

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
});

describe('what was asked for without a connection is done once it is back', () => {
  it('unless much time has passed', () => {
    expect([wants({ kind: 'now' }, 9), wants({ kind: 'now' }, 11)]).toEqual([false, true]);
    expect([wants({ kind: 'slot' }, 9), wants({ kind: 'slot' }, 11)]).toEqual([false, true]);
  });

  it('unless the time that was chosen is over', () => {
    // 10:30 in Amsterdam is 09:30 UTC: half an hour after it was asked for.
    const local = '2030-01-01T10:30';
    expect([wants({ kind: 'time', local, zone: ZONE }, 29), wants({ kind: 'time', local, zone: ZONE }, 30)]).toEqual([
      false,
      true,
    ]);
    const locals = { one: '2030-01-01T12:00', two: local };
    expect(wants({ kind: 'each', locals, zone: ZONE }, 31)).toBe(true);
  });

  it('unless it says something else by now', () => {
    expect(wants({ kind: 'now' }, 1, 'Hello, half of a new sen')).toBe(true);
  });
});

it('a request whose answer was lost counts as done only if the post has changed and is scheduled', () => {
  const post = (revision: number, ...states: string[]) =>
    ({ revision, publications: states.map((state) => ({ state })) }) as unknown as PostBody;
  const sent = { post: 'post_1', revision: 3, key: 'k' };
  expect(isDone(sent, post(4, 'scheduled'))).toBe(true);
  expect(isDone(sent, post(4, 'published', 'failed'))).toBe(true);
  expect(isDone(sent, post(3))).toBe(false);
  expect(isDone(sent, post(5, 'cancelled'))).toBe(false);
});

it('it is kept with its draft, and a strange entry is no use', () => {
  const place = { workspace: 'here', person: 'me', post: 'post_1' };
  const now = asked({ kind: 'now' });
  keepAsked(place, now);
  expect(keptAsked(place)).toEqual(now);
  expect(keptAsked({ ...place, post: undefined })).toBeUndefined();
  expect(keptAsked({ ...place, person: 'you' })).toBeUndefined();
  expect([dropAsked(place, { ...now, at: 1 }), dropAsked(place, now), dropAsked(place, now)]).toEqual([
    false,
    true,
    false,
  ]);
  expect(keptAsked(place)).toBeUndefined();
  localStorage.setItem('fanfare.compose.here.new.me.asked', '{"plan":true}');
  expect(keptAsked({ ...place, post: undefined })).toBeUndefined();
});

describe('after the page was left', () => {
  it('it is done once, when the connection is back', () => {
    const act = vi.fn(async () => {});
    unanswered();
    carryOn('asked', 'here', undefined, act);
    answered();
    unanswered();
    answered();
    expect(act).toHaveBeenCalledTimes(1);
  });

  it('it is left to the page if that was opened again', () => {
    const act = vi.fn(async () => {});
    unanswered();
    carryOn('asked', 'here', undefined, act);
    takeOver('asked', 'here', undefined);
    answered();
    expect(act).not.toHaveBeenCalled();
  });
});
