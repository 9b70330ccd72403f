import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';

/**
 * The catalogue against the code: every key that is used exists in every language, every key that exists is used, and no
 * text for people stands in the code itself.
 */
const source = resolve(import.meta.dirname, '..');
const LANGUAGES = ['en', 'nl'];
/** Plural forms belong to one key. */
const PLURAL = /_(zero|one|two|few|many|other)$/;
/** Attributes that people read or hear. */
const READ = /^(title|label|hint|placeholder|alt|aria-label|aria-description|confirm|detail)$/;

type Node = { type: string; start: number; [name: string]: unknown };

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.(test|d)\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/gallery/'));
}

function* nodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* nodes(one);
  else if (value && typeof value === 'object') {
    if ('type' in value) yield value as Node;
    for (const one of Object.values(value)) yield* nodes(one);
  }
}

/** The keys of a language as `room:a.b`, plural forms folded into one. */
function catalogue(language: string): Set<string> {
  const keys = new Set<string>();
  const walk = (value: object, path: string) => {
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === 'object') walk(one, `${path}${name}.`);
      else keys.add(`${path}${name.replace(PLURAL, '')}`);
    }
  };
  const folder = join(import.meta.dirname, language);
  for (const file of readdirSync(folder))
    walk(JSON.parse(readFileSync(join(folder, file), 'utf8')), `${file.slice(0, -5)}:`);
  return keys;
}

interface Used {
  /** Exact keys, with where. */
  keys: Map<string, string>;
  /** Beginnings of keys whose end is known only when it runs. */
  beginnings: Set<string>;
}

/** `const { t } = useTranslation('room')` and `const { t: other } = …`: which function reads which room. */
function readers(body: unknown): Map<string, string> {
  const found = new Map<string, string>();
  for (const node of nodes(body)) {
    if (node.type !== 'VariableDeclarator') continue;
    const call = node.init as Node | null;
    if ((call?.callee as Node | undefined)?.name !== 'useTranslation') continue;
    const room = ((call?.arguments as Node[] | undefined)?.[0]?.value as string | undefined) ?? 'shell';
    for (const property of ((node.id as Node).properties as Node[] | undefined) ?? []) {
      if ((property.key as Node | undefined)?.name === 't') found.set((property.value as Node).name as string, room);
    }
  }
  return found;
}

/** The texts that an expression can be: literals, choices between them, templates up to what is put in. */
function texts(node: Node | undefined): { whole: string[]; begun: string[] } {
  if (!node) return { whole: [], begun: [] };
  if (node.type === 'Literal') return { whole: typeof node.value === 'string' ? [node.value] : [], begun: [] };
  if (node.type === 'ConditionalExpression') {
    const [one, other] = [texts(node.consequent as Node), texts(node.alternate as Node)];
    return { whole: [...one.whole, ...other.whole], begun: [...one.begun, ...other.begun] };
  }
  if (node.type === 'TemplateLiteral') {
    const first = (node.quasis as { value: { cooked: string } }[])[0]?.value.cooked ?? '';
    return (node.expressions as Node[]).length === 0 ? { whole: [first], begun: [] } : { whole: [], begun: [first] };
  }
  return { whole: [], begun: [] };
}

function used(): Used {
  const all: Used = { keys: new Map(), beginnings: new Set() };
  for (const path of files(source)) {
    const { program } = parseSync(path, readFileSync(path, 'utf8'));
    // Each function has its own `t`; the innermost one that declares it counts.
    for (const top of program.body as unknown as Node[]) {
      const rooms = readers(top);
      for (const node of nodes(top)) {
        const name = (node.callee as Node | undefined)?.name as string | undefined;
        if (node.type === 'CallExpression' && name && rooms.has(name))
          note(rooms.get(name) ?? '', (node.arguments as Node[])[0], path);
      }
      // Keys kept in a table, such as `const WORDS = ['strength.short', …] as const`, are found by their look.
      for (const node of nodes(top)) if (node.type === 'Literal' && typeof node.value === 'string') keep(node.value);
    }
  }
  return all;

  function note(room: string, argument: Node | undefined, path: string): void {
    const { whole, begun } = texts(argument);
    for (const key of whole) all.keys.set(key.includes(':') ? key : `${room}:${key}`, relative(source, path));
    for (const key of begun) all.beginnings.add(key.includes(':') ? key : `${room}:${key}`);
  }
  function keep(text: string): void {
    if (/^[a-z]\w*(\.\w[\w-]*)+$/.test(text)) all.beginnings.add(`*:${text}`);
  }
}

const [english, dutch] = LANGUAGES.map(catalogue) as [Set<string>, Set<string>];
const { keys, beginnings } = used();

test('every key that the code uses is in every language', () => {
  const missing = [...keys].filter(([key]) => !english.has(key) || !dutch.has(key));
  expect(missing).toEqual([]);
  expect(keys.size).toBeGreaterThan(50);
});

test('the languages have the same keys', () => {
  expect([...dutch].sort()).toEqual([...english].sort());
});

test('every key is used', () => {
  const isUsed = (key: string) =>
    keys.has(key) ||
    [...beginnings].some((begun) =>
      begun.startsWith('*:') ? key.endsWith(`:${begun.slice(2)}`) : key.startsWith(begun),
    );
  // The words of problems are looked up by what the server says.
  const unused = [...english].filter((key) => !key.startsWith('problems:') && !isUsed(key));
  expect(unused).toEqual([]);
});

test('every problem of the API has its words', () => {
  const told = readFileSync(resolve(source, '../../docs/problems.md'), 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm);
  const slugs = [...told].map(([, slug]) => slug);
  expect(slugs.length).toBeGreaterThan(30);
  expect(
    slugs.filter((slug) => !english.has(`problems:${slug}.title`) || !english.has(`problems:${slug}.remedy`)),
  ).toEqual([]);
});

test('what is put into a text is the same in every language', () => {
  const holes = (language: string) => {
    const folder = join(import.meta.dirname, language);
    return readdirSync(folder).flatMap((file) => {
      const walk = (value: unknown, path: string): string[] =>
        typeof value === 'string'
          ? [`${path} ${[...value.matchAll(/{{\s*(\w+)/g)].map(([, name]) => name).sort()}`]
          : Object.entries(value as object).flatMap(([name, one]) => walk(one, `${path}.${name}`));
      // A form for one may leave the number out.
      return walk(JSON.parse(readFileSync(join(folder, file), 'utf8')), file).filter((line) => !/_one /.test(line));
    });
  };
  expect(holes('nl').sort()).toEqual(holes('en').sort());
});

test('no text for people stands in the code', () => {
  const strays: string[] = [];
  const hasWords = (text: unknown) => typeof text === 'string' && /\p{L}{2}/u.test(text);
  for (const path of files(source).filter((path) => path.endsWith('.tsx'))) {
    const text = readFileSync(path, 'utf8');
    const { program } = parseSync(path, text);
    for (const node of nodes(program)) {
      const said =
        node.type === 'JSXText'
          ? node.value
          : node.type === 'JSXAttribute' && READ.test(((node.name as Node).name as string) ?? '')
            ? texts(node.value as Node).whole.find(hasWords)
            : node.type === 'JSXExpressionContainer'
              ? texts(node.expression as Node).whole.find(
                  (word) => hasWords(word) && /\s/.test(word) && isChild(program, node),
                )
              : undefined;
      if (hasWords(said))
        strays.push(`${relative(source, path)}:${text.slice(0, node.start).split('\n').length} ${String(said).trim()}`);
    }
  }
  expect(strays).toEqual([]);
});

/** Whether an expression stands between tags, and not in an attribute. */
function isChild(program: unknown, child: Node): boolean {
  for (const node of nodes(program)) {
    if ((node.type === 'JSXElement' || node.type === 'JSXFragment') && (node.children as Node[]).includes(child))
      return true;
  }
  return false;
}
