import { expect, it } from 'vitest';
import { found, inserted, listOf, readEmoji } from './emoji';

const names = (all: Awaited<ReturnType<typeof readEmoji>>, sought: string) =>
  found(all, sought, 30).map(({ sign }) => sign);

it('finds signs by the words of the language at hand', async () => {
  const [en, nl] = await Promise.all([readEmoji('en'), readEmoji('nl')]);
  expect(names(en, 'bicycle')).toContain('🚲️');
  expect(names(nl, 'fiets')).toContain('🚲️');
  expect(names(en, 'red heart')[0]).toBe('❤️');
  expect(names(en, 'heart red')).toContain('❤️');
  expect(names(en, 'CAFÉ zzz')).toEqual([]);
  expect(names(en, ' ')).toEqual([]);
});

it('looks for the beginnings of words, with or without accents', () => {
  const all = listOf([
    { unicode: '1', label: 'café', group: 4 },
    { unicode: '2', label: 'my cafe', group: 4 },
    { unicode: '3', label: 'decaf', group: 4 },
    { unicode: '4', label: 'cafe tone', group: 2 },
    { unicode: '5', label: 'cafe piece' },
  ]);
  expect(names(all, 'cafe')).toEqual(['1', '2']);
});

it('puts a sign where the cursor is, and in the place of what is selected', () => {
  expect(inserted('ab', '🙂', 1, 1)).toEqual({ text: 'a🙂b', at: 3 });
  expect(inserted('abc', '🙂', 1, 3)).toEqual({ text: 'a🙂', at: 3 });
});
