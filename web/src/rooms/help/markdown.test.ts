import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Block, blocks, type Inline, wordsOf } from './markdown';
import { FIRST, linkOf, PAGES, read } from './pages';

test('a document is read as what it says', () => {
  const source = [
    '<!-- Made by a program. -->',
    '# Set up `X`',
    '',
    'Open the *portal* and',
    'read **all of it** at [the site](https://example.org).',
    '',
    '1. Make an app',
    '   with a name',
    '2. Copy `a|b`',
    '',
    '| way | what |',
    '|---|---|',
    '| `one|two` | first |',
    '',
    '```',
    '# no heading',
    '```',
  ].join('\n');
  expect(blocks(source)).toEqual([
    { kind: 'heading', level: 1, id: 'set-up-x', children: ['Set up ', { kind: 'code', text: 'X' }] },
    {
      kind: 'text',
      children: [
        'Open the ',
        { kind: 'em', children: ['portal'] },
        ' and read ',
        { kind: 'strong', children: ['all of it'] },
        ' at ',
        { kind: 'link', to: 'https://example.org', children: ['the site'] },
        '.',
      ],
    },
    { kind: 'list', ordered: true, items: [['Make an app with a name'], ['Copy ', { kind: 'code', text: 'a|b' }]] },
    {
      kind: 'table',
      head: [['way'], ['what']],
      rows: [[[{ kind: 'code', text: 'one|two' }], ['first']]],
    },
    { kind: 'code', text: '# no heading' },
  ]);
});

/** Everything inline of a document. */
function pieces(document: readonly Block[]): Inline[][] {
  return document.flatMap((block) => {
    if (block.kind === 'code') return [];
    if (block.kind === 'list') return block.items;
    return block.kind === 'table' ? [...block.head, ...block.rows.flat()] : [block.children];
  });
}

test('no page of the help shows a mark of Markdown, and every row of a table has all its cells', () => {
  const docs = resolve(import.meta.dirname, '../../../../docs');
  const all = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    PAGES.some(({ file }) => file === name || file.replace('.md', '.nl.md') === name),
  );
  expect(all.length).toBeGreaterThan(8);
  for (const name of all) {
    const document = blocks(readFileSync(join(docs, name), 'utf8'));
    for (const children of pieces(document))
      expect(wordsOf(children.filter((one) => typeof one === 'string'))).not.toMatch(/\*\*|\]\(|`|<!--/);
    for (const block of document)
      if (block.kind === 'table') for (const row of block.rows) expect(row.length, name).toBe(block.head.length);
  }
});

test('what people read about using Fanfare and about each platform is there in Dutch', async () => {
  for (const { slug, group } of PAGES.filter((page) => page.group !== 'run')) {
    const page = await read(slug, 'nl');
    expect(page?.language, `${group}: ${slug}`).toBe('nl');
  }
});

test('a link leads to a page of the help, to another site, or nowhere', () => {
  expect(linkOf('platforms/bluesky.md', 'install.md')).toBe('/help/bluesky');
  expect(linkOf('../install.md#videos', 'platforms/x.md')).toBe('/help/install#videos');
  expect(linkOf('failures.md', 'help/first-post.md')).toBe('/help/failures');
  expect(linkOf('https://caddyserver.com', 'install.md')).toBe('https://caddyserver.com');
  expect(linkOf('#videos', 'install.md')).toBe('#videos');
  for (const to of ['../README.md#try-it', '../packaging/Caddyfile', 'javascript:alert(1)', 'decisions/0001-x.md'])
    expect(linkOf(to, 'install.md')).toBeUndefined();
  expect(PAGES.map(({ slug }) => slug)).toContain(FIRST);
});
