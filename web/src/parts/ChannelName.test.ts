import { expect, test } from 'vitest';
import { channelWords } from './ChannelName';

test('two channels of one name are told apart by handle and network', () => {
  const named = (handle: string, platform?: string) => channelWords({ name: 'Lena Vos', handle }, platform);
  expect(named('lena', 'X')).toBe('Lena Vos (lena, X)');
  expect(named('lena@quay.example', 'Mastodon')).toBe('Lena Vos (lena@quay.example, Mastodon)');
  expect(named('lena')).toBe('Lena Vos (lena)');
});

test('a channel that is named by its handle is not named twice', () => {
  expect(channelWords({ name: 'lena.test', handle: 'lena.test' }, 'Bluesky')).toBe('lena.test (Bluesky)');
  expect(channelWords({ name: 'lena.test', handle: 'lena.test' })).toBe('lena.test');
});
