import { expect, it } from 'vitest';
import { emptyPart } from './parts';
import { textOf, withShared } from './shared';

it.each([
  [{ title: 'Harbour', text: 'Look', url: 'https://example.org' }, 'Harbour\n\nLook\n\nhttps://example.org'],
  [{ title: 'Look', text: 'Look at https://example.org', url: 'https://example.org' }, 'Look at https://example.org'],
  [{ title: 'Same', text: 'Same', url: '' }, 'Same'],
  [{ title: '', text: ' ', url: '' }, ''],
])('makes one text of what is shared: %j', (words, text) => {
  expect(textOf(words)).toBe(text);
});

const part = (text: string) => ({ ...emptyPart(), text });

it('goes into an empty post, and after what was written already', () => {
  expect(withShared([part('')], 'New', [{ key: 'file' }])).toMatchObject([{ text: 'New', media: [{ key: 'file' }] }]);
  expect(withShared([part('Mine')], 'New', [])).toMatchObject([{ text: 'Mine\n\nNew' }]);
  expect(withShared([part('Mine')], '', [{ key: 'file' }])).toMatchObject([{ text: 'Mine', media: [{ key: 'file' }] }]);
});

it('puts files beside a poll into a part of their own', () => {
  const poll = { options: ['a', 'b'], duration_minutes: 60 };
  expect(withShared([{ ...part(''), poll }], '', [{ key: 'file' }])).toHaveLength(2);
});
