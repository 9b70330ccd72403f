import type { Block } from './markdown';

/** A page of the help: a document of `docs/`, which the build has read. */
interface HelpPage {
  /** Its name in the address. */
  slug: string;
  /** Its place below `docs/`. */
  file: string;
  /** Where it stands in the list. */
  group: 'use' | 'platforms' | 'run';
}

/** Each is a file of its own, loaded when it is opened. */
const DOCUMENTS = import.meta.glob<Block[]>(
  [
    '../../../../docs/help/*.md',
    '../../../../docs/platforms/*.md',
    '../../../../docs/install.md',
    '../../../../docs/problems.md',
    '../../../../docs/inventory.md',
  ],
  { import: 'default' },
);
const BEFORE = '../../../../docs/';

function pageOf(path: string): HelpPage {
  const file = path.slice(BEFORE.length);
  const [folder, name = folder] = file.split('/') as [string, string?];
  const group = folder === 'help' ? 'use' : folder === 'platforms' ? 'platforms' : 'run';
  return { slug: name.replace(/\.md$/, ''), file, group };
}

/** The page to begin with. */
export const FIRST = 'first-post';

/** All pages, in the order of the list. */
export const PAGES: HelpPage[] = Object.keys(DOCUMENTS)
  .filter((path) => !path.endsWith('.nl.md'))
  .map(pageOf)
  .sort(
    (one, other) => Number(other.slug === FIRST) - Number(one.slug === FIRST) || one.slug.localeCompare(other.slug),
  );

/** A page in a language, and the language that it is in: not every document is translated. */
export async function read(slug: string, language: string): Promise<{ blocks: Block[]; language: string } | undefined> {
  const page = PAGES.find((one) => one.slug === slug);
  if (!page) return undefined;
  const own = DOCUMENTS[`${BEFORE}${page.file.replace(/\.md$/, `.${language}.md`)}`];
  const found = own ?? DOCUMENTS[BEFORE + page.file];
  return found && { blocks: await found(), language: own ? language : 'en' };
}

/** Where a link of a document leads: to a page of the help, to another site, or nowhere that a reader could go. */
export function linkOf(to: string, file: string): string | undefined {
  if (to.startsWith('#') || /^https?:\/\//.test(to)) return to;
  const { pathname, hash } = new URL(to, `http://docs/${file}`);
  const page = PAGES.find((one) => `/${one.file}` === pathname);
  return page && `/help/${page.slug}${hash}`;
}
