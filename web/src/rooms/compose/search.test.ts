import { expect, it } from 'vitest';
import { channelsOf, readComposeSearch } from './search';

it('a free slot gives its time and its channels, whether one or several', () => {
  const one = readComposeSearch({ at: '2030-01-07T09:00', channel: 'channel_1' });
  expect(one).toEqual({ at: '2030-01-07T09:00', channel: 'channel_1' });
  expect(channelsOf(one)).toEqual(['channel_1']);
  expect(channelsOf(readComposeSearch({ channel: 'channel_1,channel_2' }))).toEqual(['channel_1', 'channel_2']);
  expect(channelsOf(readComposeSearch({}))).toBeUndefined();
});

it('what is none of ours is left out', () => {
  expect(readComposeSearch({ at: 'soon', channel: 'channel_1,../x', from: 'x', else: 1 })).toEqual({});
});
