import { describe, expect, it } from 'vitest';
import { type Fits, shorten, thread } from './text';

/** A platform that counts units of UTF-16. */
const upTo =
  (max: number): Fits =>
  async (text) =>
    text.length > max ? max : undefined;

describe('shortening', () => {
  it('ends with a whole sentence where one is near', () => {
    expect(shorten('The ferry leaves at nine. Bring a coat, it is cold.', 32)).toBe('The ferry leaves at nine.');
  });

  it('ends with a whole word and a sign where none is', () => {
    expect(shorten('A walk along the harbour without any stop at all', 20)).toBe('A walk along the…');
    expect(shorten('Donaudampfschifffahrtsgesellschaft', 10)).toBe('Donaudam…');
  });
});

describe('a thread', () => {
  it('keeps paragraphs together where they fit', async () => {
    const text = 'One.\n\nTwo.\n\nThree is longer.';
    expect(await thread(text, upTo(17))).toEqual(['One.\n\nTwo.', 'Three is longer.']);
  });

  it('is made of sentences, then words, and loses none', async () => {
    const text = 'First sentence here. Second sentence is here too. Andaverylongwordthatfitsnowhere ends it.';
    const parts = await thread(text, upTo(24));
    expect(parts.every((part) => part.length <= 24)).toBe(true);
    expect(parts.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    expect(parts[0]).toBe('First sentence here.');
  });
});
