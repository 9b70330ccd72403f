import { expect, test } from 'vitest';
import type { ChannelBody } from '@/api/schema';
import { health, missingScopes, waitsFor, worstFirst } from './health';

function channel(more: Partial<ChannelBody> = {}): ChannelBody {
  return {
    id: 'channel_1',
    name: 'Ada',
    handle: 'ada',
    platform: 'bluesky',
    url: 'https://example.org',
    state: 'active',
    scopes: ['write'],
    switched_off: [],
    made_at: '2030-01-01T00:00:00Z',
    connected_by: 'ada',
    gives_more: false,
    ...more,
  };
}

test('what stops posts counts more than what limits them', () => {
  expect(health(channel({ state: 'needs_reconnect', switched_off: ['media'] }))).toBe('reconnect');
  expect(health(channel({ state: 'gone' }))).toBe('reconnect');
  expect(health(channel({ state: 'paused', waits_until: '2030-01-01T01:00:00Z' }))).toBe('paused');
  expect(waitsFor(channel({ waits_for: 'restricted' }))).toBe('restricted');
  expect(waitsFor(channel({ waits_for: 'something new' }))).toBe('failing');
  expect(health(channel({ waits_until: '2030-01-01T01:00:00Z', switched_off: ['media'] }))).toBe('waits');
  expect(health(channel({ switched_off: ['media'] }), 0)).toBe('partly');
  expect(health(channel({ switched_off: ['quote'] }))).toBe('well');
  expect(health(channel(), 0)).toBe('no-slots');
  expect(health(channel({ purpose: 'notices' }), 0), 'it has no queue').toBe('well');
  expect(health(channel(), 3)).toBe('well');
  expect(health(channel())).toBe('well');
});

test('the worst channel stands first, and equals by name', () => {
  const all = [
    channel({ id: 'a', name: 'Zoe' }),
    channel({ id: 'b', name: 'Ada' }),
    channel({ id: 'c', name: 'Max', state: 'paused' }),
    channel({ id: 'd', name: 'Nia', state: 'needs_reconnect' }),
  ];
  expect(worstFirst(all, () => 1).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
});

test('missing scopes are those that were not granted, and an app password misses none', () => {
  expect(missingScopes(channel(), { scopes: ['write', 'read'] })).toEqual(['read']);
  expect(missingScopes(channel({ scopes: [] }), { scopes: ['write', 'read'] })).toEqual([]);
});
