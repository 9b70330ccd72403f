import { describe, expect, it } from 'vitest';
import { mentionAt, mentioned } from './mention';

describe('a mention that is being typed', () => {
  it('begins with an @ at the start of a word, and is long enough to ask about', () => {
    expect(mentionAt('Thanks @le', 10)).toEqual({ from: 7, words: 'le' });
    expect(mentionAt('@lena@harbour.ex', 16)).toEqual({ from: 0, words: 'lena@harbour.ex' });
    expect(mentionAt('(@lena', 6)).toEqual({ from: 1, words: 'lena' });
    expect(mentionAt('Thanks @l', 9)).toBeUndefined();
    expect(mentionAt('write to lena@example.org', 25)).toBeUndefined();
    expect(mentionAt('Thanks @lena and', 16)).toBeUndefined();
  });

  it('is about the word before the caret only', () => {
    expect(mentionAt('@lena and @bo', 5)).toEqual({ from: 0, words: 'lena' });
  });

  it('is replaced by the handle in full, with one space behind it', () => {
    expect(mentioned('Thanks @le', { from: 7, words: 'le' }, 'lena.test')).toEqual({
      text: 'Thanks @lena.test ',
      caret: 18,
    });
    expect(mentioned('@le is here', { from: 0, words: 'le' }, 'lena@a.example')).toEqual({
      text: '@lena@a.example is here',
      caret: 16,
    });
  });
});
