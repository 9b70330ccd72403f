import { expect, test } from 'vitest';
import { hourWords, momentWords, shortTimeWords, spanWords, timeWords } from './words';

const NINE = 9 * 3_600_000;

test('the hours of the week, its posts and a moment in words go by one clock', () => {
  const plain = (text: string) => text.replaceAll(/\s/g, ' ');
  const all = (tag: string) =>
    [hourWords, timeWords, shortTimeWords, momentWords].map((words) => plain(words(tag, NINE)));
  expect(all('en-GB-u-hc-h23')).toEqual(['09:00', '09:00', '09:00', 'Thursday 1 January, 09:00']);
  expect(all('en-US-u-hc-h12')).toEqual(['9 AM', '9:00 AM', '9:00AM', 'Thursday, January 1, 9:00 AM']);
  expect(all('nl-u-hc-h23')).toEqual(['09:00', '09:00', '09:00', 'donderdag 1 januari, 09:00']);
  expect(shortTimeWords('nl-u-hc-h12', NINE)).toBe('9:00am');
});

test('a span over two months is short enough for one line, in every language', () => {
  const first = Date.UTC(2026, 10, 30) / 86_400_000;
  const plain = (words: string) => words.replace(/\s/g, ' ');
  expect(plain(spanWords('en-GB', first, first + 6))).toBe('30 Nov – 6 Dec 2026');
  expect(plain(spanWords('en-GB', first - 14, first - 8))).toMatch(/^16.22 November 2026$|^16 – 22 November 2026$/);
  expect(plain(spanWords('nl-NL', first, first + 6)).length).toBeLessThan(26);
});
