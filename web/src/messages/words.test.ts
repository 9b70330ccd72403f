import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** The catalogue as a reader meets it: one word per thing, no quaint phrases, and no English in the Dutch. */
type Said = [key: string, text: string];

const WORDS = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');

/** What is the same in both languages: names, symbols, and words that Dutch has taken over. */
const SAME = new Set([
  ...['Account', 'Database', 'Enter', 'Esc', 'Fanfare', 'Filter', 'GIF', 'Later', 'Live', 'Manager', 'Media', 'OK'],
  ...[
    'Platforms',
    'PostgreSQL',
    'Proxy',
    'SQLite',
    'Shift',
    'Start',
    'Status',
    'Thread',
    'UTC',
    'Video',
    'Week',
    '1 week',
  ],
  ...['In', 'account', 'like', 'likes', 'ms', 'repost', 'reposts', 'week'],
]);

/** Finds words that stand by themselves: `\b` takes "ë" for the end of one. */
function alone(words: string): RegExp {
  return new RegExp(`(?<!\\p{L})(${words})(?!\\p{L})`, 'iu');
}

/** English that Dutch does not use. */
const ENGLISH = alone(
  'a|an|and|are|at|be|been|but|by|can|cannot|channels?|could|drafts?|everyone|for|from|has|have|it|live|not|on|or|our|posts?|publish(ed)?|scheduled?|settings|someone|that|the|their|them|there|they|this|to|try|wait|when|which|will|with|would|you|your',
);

function said(language: string): Said[] {
  const walk = (value: object, path: string): Said[] =>
    Object.entries(value).flatMap(([name, one]) =>
      typeof one === 'string' ? [[`${path}${name}`, one] as Said] : walk(one, `${path}${name}.`),
    );
  const folder = join(import.meta.dirname, language);
  return readdirSync(folder).flatMap((file) =>
    walk(JSON.parse(readFileSync(join(folder, file), 'utf8')), `${file.slice(0, -5)}:`),
  );
}

/** A text without what is put into it, names of permissions and what is typed into a terminal. */
const bare = (text: string) => text.replace(/\{\{\w+\}\}|‘fanfare [^’]*’|fanfare .*|\S+:\S+/g, ' ');

/** The phrases that a column of the table of words forbids. "mend…" is every word that begins so. */
function forbidden(column: number): [phrase: string, found: RegExp][] {
  const rows = [...WORDS.matchAll(/^\| (.+) \|$/gm)].map(([, row]) => row?.split('|').map((cell) => cell.trim()) ?? []);
  const start = rows.findIndex(([first]) => first === 'English');
  return rows
    .slice(start + 2)
    .filter((row) => row.length === 4)
    .flatMap((row) => row[column]?.split(',') ?? [])
    .map((phrase) => phrase.trim())
    .filter(Boolean)
    .map((phrase) => [phrase, alone(phrase.replace('…', '\\p{L}*'))]);
}

function strays(language: string, column: number): string[] {
  const phrases = forbidden(column);
  expect(phrases.length).toBeGreaterThan(5);
  return said(language).flatMap(([key, text]) =>
    phrases.filter(([, found]) => found.test(bare(text))).map(([phrase]) => `${key} says "${phrase}": ${text}`),
  );
}

test('English says each thing with its one word', () => {
  expect(strays('en', 1)).toEqual([]);
});

test('Dutch says each thing with its one word', () => {
  expect(strays('nl', 3)).toEqual([]);
});

test('a Dutch text is not left in English', () => {
  const english = new Map(said('en'));
  const left = said('nl').filter(
    ([key, text]) =>
      english.get(key) === text &&
      /\p{L}/u.test(bare(text)) &&
      !SAME.has(
        bare(text)
          .replace(/[^\p{L}\d ]/gu, '')
          .trim(),
      ),
  );
  expect(left).toEqual([]);
});

test('no English word stands in a Dutch text', () => {
  expect(said('nl').filter(([, text]) => !SAME.has(text) && ENGLISH.test(bare(text)))).toEqual([]);
});
