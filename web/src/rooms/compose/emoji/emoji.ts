import type { Language } from '@/app/language';

/** A picture sign, with the words by which people look for it. */
export interface Emoji {
  sign: string;
  name: string;
  words: string;
  group: number;
}

/** One entry of `emojibase-data`. What has no group is a piece that others are made of. */
interface Entry {
  unicode: string;
  label: string;
  tags?: string[];
  group?: number;
}

const files: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import('emojibase-data/en/compact.json'),
  nl: () => import('emojibase-data/nl/compact.json'),
};

/** The groups of Unicode in its order; the third is skin tones and hair, which stand alone nowhere. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

export async function readEmoji(language: Language): Promise<Emoji[]> {
  return listOf((await files[language]()).default as Entry[]);
}

export function listOf(entries: Entry[]): Emoji[] {
  const isGroup = (group: number | undefined) => GROUPS.some((one) => one === group);
  return entries
    .filter(({ group }) => isGroup(group))
    .map(({ unicode, label, tags = [], group = 0 }) => ({
      sign: unicode,
      name: label,
      words: plain([label, ...tags].join(' ')),
      group,
    }));
}

/** Without accents and capitals, as people type when they search. */
function plain(words: string): string {
  return words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Those that have all the words that are looked for; those whose name begins with the first come first. */
export function found(all: Emoji[], sought: string, most: number): Emoji[] {
  const wanted = plain(sought)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return [];
  const fits = all.filter(({ words }) => wanted.every((word) => ` ${words}`.includes(` ${word}`)));
  const begins = ({ words }: Emoji) => words.startsWith(wanted[0] ?? '');
  return [...fits.filter(begins), ...fits.filter((one) => !begins(one))].slice(0, most);
}

/** A sign in the place of what is selected, and where the cursor stands after it. */
export function inserted(text: string, sign: string, start: number, end: number): { text: string; at: number } {
  return { text: text.slice(0, start) + sign + text.slice(end), at: start + sign.length };
}
