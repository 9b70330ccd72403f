import { expect, test } from 'vitest';
import { askable, firstChoice } from './permissions';

const FEATURES = [
  { name: 'publish', scopes: ['write'] },
  { name: 'edit', scopes: ['write'] },
  { name: 'media', scopes: ['media'] },
  { name: 'quote', scopes: ['search'] },
];

test('what needs no scope of its own is no choice', () => {
  expect(askable(FEATURES).map(({ name, isFixed }) => [name, isFixed])).toEqual([
    ['publish', true],
    ['edit', true],
    ['media', false],
    ['quote', false],
  ]);
});

test('reading what is not the account’s own is asked for on wish only', () => {
  expect(firstChoice(FEATURES)).toEqual(['publish', 'edit', 'media']);
  expect(firstChoice(FEATURES, ['quote'])).toEqual(['publish', 'edit', 'media', 'quote']);
});
