import { describe, expect, it } from 'vitest';
import { cutAt, estimate, linkWords, measure, runs, shorten, thread } from './text';

describe('counting', () => {
  it('counts what people see as one letter once', () => {
    expect(measure('e\u0301👩‍👩‍👧', 'graphemes')).toBe(2);
  });

  it('counts emoji and Chinese twice where the count is weighted', () => {
    expect(measure('a你👩‍👩‍👧', 'weighted characters')).toBe(5);
  });

  it('takes the server at its word and adds only what was typed since', () => {
    const judged = { text: 'see https://example.org/a/very/long/address', length: 27 };
    expect(estimate(judged.text, 'weighted characters', judged)).toBe(27);
    expect(estimate(`${judged.text} now`, 'weighted characters', judged)).toBe(31);
    expect(estimate('see', 'weighted characters', judged)).toBe(0);
  });

  it('finds where a text begins to be too much, never inside a letter', () => {
    expect(cutAt('hello 👩‍👩‍👧!', 'graphemes', 2)).toBe(6);
    expect(cutAt('short', 'graphemes', 0)).toBe(5);
  });
});

describe('shortening', () => {
  it('ends with a whole sentence where one is near', () => {
    expect(shorten('The ferry leaves at nine. Bring a coat, it is cold.', 'graphemes', 32)).toBe(
      'The ferry leaves at nine.',
    );
  });

  it('ends with a whole word and a sign where none is', () => {
    const short = shorten('A walk along the harbour without any stop at all', 'graphemes', 20);
    expect(short).toBe('A walk along the…');
    expect(measure(short, 'graphemes')).toBeLessThanOrEqual(20);
  });

  it('leaves alone what fits', () => {
    expect(shorten('fits', 'graphemes', 4)).toBe('fits');
  });
});

describe('a thread', () => {
  it('keeps paragraphs together where they fit', () => {
    expect(thread('One.\n\nTwo.\n\nThree is longer.', 'graphemes', 17)).toEqual(['One.\n\nTwo.', 'Three is longer.']);
  });

  it('is made of sentences, then words, and loses none', () => {
    const text = 'First sentence here. Second sentence is here too. Andaverylongwordthatfitsnowhere ends it.';
    const parts = thread(text, 'graphemes', 24);
    expect(parts.every((part) => measure(part, 'graphemes') <= 24)).toBe(true);
    expect(parts.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    expect(parts[0]).toBe('First sentence here.');
  });
});

describe('the preview', () => {
  it('knows links, mentions and tags from words', () => {
    const kinds = runs('Hi @lena.test and @a@b.example, see https://example.org/x. #harbour mail me@x.org #1').map(
      ({ kind, text }) => `${kind}:${text}`,
    );
    expect(kinds).toContain('mention:@lena.test');
    expect(kinds).toContain('mention:@a@b.example');
    expect(kinds).toContain('link:https://example.org/x');
    expect(kinds).toContain('tag:#harbour');
    expect(kinds.filter((kind) => kind.startsWith('mention')).length).toBe(2);
    expect(kinds.some((kind) => kind === 'tag:#1')).toBe(false);
  });

  it('loses nothing of the text', () => {
    const text = 'a #b https://c.example/d?e=f, @g!';
    expect(
      runs(text)
        .map((run) => run.text)
        .join(''),
    ).toBe(text);
  });

  it('shows a link as short as platforms do', () => {
    expect(linkWords('https://www.example.org/')).toBe('example.org');
    expect(linkWords('https://example.org/a/very/long/address')).toHaveLength(30);
  });
});
