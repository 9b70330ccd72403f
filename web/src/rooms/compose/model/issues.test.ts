import { describe, expect, it } from 'vitest';
import type { ChannelVerdict, Issue } from '@/api/schema';
import { fixesOf, found, gather, placeOf } from './issues';

const issue = (rest: Partial<Issue>): Issue => ({
  severity: 'error',
  rule: 'text_too_long',
  pointer: '/parts/0/text',
  detail: 'It is too long.',
  source: 'test',
  ...rest,
});
const verdict = (channel: string, ...issues: Issue[]): ChannelVerdict => ({
  channel,
  channel_name: channel,
  platform: 'net',
  ok: false,
  lengths: [],
  cards: [],
  issues,
});
const fixes = (rest: Partial<Issue>) =>
  fixesOf(found([verdict('one', issue(rest))])[0] as never).map(({ kind }) => kind);

describe('a pointer', () => {
  it('leads to the part, the file and the field', () => {
    expect(placeOf('/parts/2/text')).toEqual({ part: 2, field: 'text' });
    expect(placeOf('/parts/0/media/3/alt')).toEqual({ part: 0, file: 3, field: 'alt' });
    expect(placeOf('/parts/0/media/3')).toEqual({ part: 0, file: 3, field: 'media' });
    expect(placeOf('/options/langs/0')).toEqual({ option: 'langs/0' });
    expect(placeOf('/parts')).toEqual({});
    expect(placeOf('')).toEqual({});
  });
});

describe('what can be done', () => {
  it('about a text that is too long: shorten it there, or make a thread', () => {
    expect(fixes({ limit: 300, actual: 340 })).toEqual(['shorten', 'thread']);
  });

  it('about too many files: leave the last ones out', () => {
    const [one] = found([verdict('one', issue({ pointer: '/parts/1/media', limit: 4, actual: 6 }))]);
    expect(one && fixesOf(one)).toEqual([{ kind: 'fewer-files', part: 1, from: 4, count: 2 }]);
  });

  it('about files, polls and options', () => {
    expect(fixes({ pointer: '/parts/0/media' })).toEqual(['files-next']);
    expect(fixes({ pointer: '/parts/0/media', rule: 'media_unusable' })).toEqual([]);
    expect(fixes({ pointer: '/parts/0/media/1/alt' })).toEqual(['alt']);
    expect(fixes({ pointer: '/parts/0/media/1' })).toEqual(['drop-file']);
    expect(fixes({ pointer: '/parts/0/poll' })).toEqual(['drop']);
    expect(fixes({ pointer: '/parts/0/poll/options/1' })).toEqual(['poll']);
    expect(fixes({ pointer: '/parts/0/quote' })).toEqual(['drop']);
    expect(fixes({ pointer: '/options/langs/0' })).toEqual(['option']);
    expect(fixes({ pointer: '/parts' })).toEqual([]);
  });
});

describe('the list', () => {
  it('says once what several channels say alike, errors first', () => {
    const warning = issue({ severity: 'warning', detail: 'Perhaps.' });
    const told = gather(found([verdict('one', warning, issue({})), verdict('two', issue({}))]));
    expect(told.map(({ issue: { detail }, also }) => [detail, also.length])).toEqual([
      ['It is too long.', 1],
      ['Perhaps.', 0],
    ]);
  });
});
