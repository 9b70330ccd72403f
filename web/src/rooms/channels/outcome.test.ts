import { expect, test } from 'vitest';
import type { ChannelBody } from '@/api/schema';
import { readOutcome, together } from './outcome';

test('the outcome is read from the address, and unknown values are ignored', () => {
  expect(readOutcome({ connected: 'channel_01abc' })).toEqual({ connected: 'channel_01abc' });
  expect(readOutcome({ refused: 'access-denied', platform: 'mastodon' })).toEqual({
    refused: 'access-denied',
    platform: 'mastodon',
  });
  expect(readOutcome({ refused: 'other-account', attempt: 'connection_01abc' })).toEqual({
    refused: 'other-account',
    attempt: 'connection_01abc',
  });
  expect(readOutcome({ choose: 'connection_01abc' })).toEqual({ choose: 'connection_01abc' });
  expect(readOutcome({ attempt: 'x y', choose: 'any' })).toEqual({});
  expect(readOutcome({ refused: '<b>Send us your password</b>', connected: 7, platform: 'a b' })).toEqual({});
  expect(readOutcome({ connect: 'bluesky' })).toEqual({ connect: 'bluesky' });
});

test('channels of one consent are found together', () => {
  const channel = (id: string, platform: string, made_at: string) => ({ id, platform, made_at }) as ChannelBody;
  const all = [
    channel('a', 'x', '2030-01-01T00:00:00.1Z'),
    channel('b', 'x', '2030-01-02T00:00:00.1Z'),
    channel('c', 'x', '2030-01-01T00:00:00.1Z'),
    channel('d', 'y', '2030-01-01T00:00:00.1Z'),
  ];
  expect(together(all, 'a').map(({ id }) => id)).toEqual(['a', 'c']);
  expect(together(all, 'gone')).toEqual([]);
});
