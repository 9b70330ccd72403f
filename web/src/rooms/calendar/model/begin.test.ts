import { expect, test } from 'vitest';
import { beginAt, beginOfDay, composeSearch } from './begin';
import { dayOfText, localOfText, textOfLocal, Wall } from './wall';

const day = (text: string) => dayOfText(text) ?? Number.NaN;
const said = (local: number | undefined) => local && textOfLocal(local);

test.each([
  ['2030-03-05', '2030-03-04T15:20', '2030-03-05T09:00'],
  ['2030-03-04', '2030-03-04T07:00', '2030-03-04T09:00'],
  ['2030-03-04', '2030-03-04T08:50', '2030-03-04T09:30'],
  ['2030-03-04', '2030-03-04T15:20', '2030-03-04T16:00'],
  ['2030-03-04', '2030-03-04T23:50', undefined],
  ['2030-03-03', '2030-03-04T00:00', undefined],
])('a press on %s at %s begins a post for %s', (on, now, begin) => {
  expect(said(beginOfDay(day(on), localOfText(now)))).toBe(begin);
});

test.each([
  ['2030-03-05T14:47', '2030-03-05T14:30'],
  ['2030-03-04T15:10', '2030-03-04T15:30'],
  ['2030-03-04T15:31', '2030-03-04T15:30'],
  ['2030-03-04T14:59', undefined],
])('a press on the hour line at %s begins a post for %s', (pressed, begin) => {
  expect(said(beginAt(localOfText(pressed), localOfText('2030-03-04T15:20')))).toBe(begin);
});

test('the composer gets the workspace’s time and the channels of a slot', () => {
  const at = Date.parse('2030-03-05T08:00Z');
  const tokyo = new Wall('Asia/Tokyo', at, at);
  const local = localOfText('2030-03-05T17:00');
  expect(composeSearch(local, tokyo, 'Asia/Tokyo')).toEqual({ at: '2030-03-05T17:00' });
  expect(composeSearch(local, tokyo, 'Europe/Amsterdam', ['channel_1', 'channel_2'])).toEqual({
    at: '2030-03-05T09:00',
    channel: 'channel_1,channel_2',
  });
});
