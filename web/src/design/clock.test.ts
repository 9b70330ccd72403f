// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { locale } from '@/app/language';
import { clockWords, isTwelve, readClock } from './clock';
import { whenText } from './When';
import { zoneTime } from './zones';

const reads = (...tags: string[]) => vi.spyOn(navigator, 'languages', 'get').mockReturnValue(tags);
/** Some locales use a special space there. */
const plain = (text: string) => text.replaceAll(/\s/g, ' ').toLowerCase();

afterEach(() => vi.restoreAllMocks());

test('words follow the app’s language, the clock follows the browser’s region', () => {
  for (const [tags, language, twelve] of [
    [['en-US', 'en'], 'en', true],
    [['en-GB'], 'en', false],
    [['nl-NL', 'en-US', 'en'], 'en', false],
    [['en-US', 'en'], 'nl', true],
    [['nl-NL', 'nl'], 'nl', false],
    [['de-DE'], 'en', false],
  ] as const) {
    reads(...tags);
    expect([...tags, language, isTwelve(locale(language))]).toEqual([...tags, language, twelve]);
  }
});

test('dates, zone times and times of day use the same clock', () => {
  const at = new Date('2026-11-22T09:05:00Z');
  for (const [tag, said] of [
    ['en-US', '9:05 am'],
    ['en-GB', '09:05'],
    ['nl-NL', '09:05'],
  ] as const) {
    reads(tag);
    expect(plain(clockWords('09:05', locale('en')))).toBe(said);
    expect(plain(whenText(at, 'Etc/UTC', 'time'))).toBe(said);
    expect(plain(whenText(at, 'Etc/UTC', 'full'))).toContain(said);
    expect(plain(zoneTime('Etc/UTC', at))).toBe(said);
  }
});

test('a time can be typed in many ways', () => {
  for (const [typed, time] of [
    ['09:30', '09:30'],
    ['9.30', '09:30'],
    ['0930', '09:30'],
    ['21h30', '21:30'],
    ['9:30 PM', '21:30'],
    ['9:30\u202fam', '09:30'],
    ['12:15 a.m.', '00:15'],
    ['12:15 p.m.', '12:15'],
    ['1215p', '12:15'],
  ] as const) {
    expect([typed, readClock(typed)]).toEqual([typed, time]);
  }
});

test('invalid or incomplete times change nothing', () => {
  for (const typed of ['', '9', '9:', '9:3', '24:00', '09:75', '13:00 pm', '0:10 am', 'noon', '9:300']) {
    expect([typed, readClock(typed)]).toEqual([typed, undefined]);
  }
  expect([readClock('9', true), readClock('5 pm', true)]).toEqual(['09:00', '17:00']);
});

test('a formatted time can be parsed again, in either clock', () => {
  for (const tag of ['en-US', 'en-GB', 'nl-NL', 'en-CA']) {
    reads(tag);
    for (const time of ['00:00', '00:05', '09:30', '12:00', '23:59']) {
      expect(readClock(clockWords(time, locale('en')))).toBe(time);
      expect(readClock(clockWords(time, locale('nl')))).toBe(time);
    }
  }
});
