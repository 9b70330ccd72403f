import { newKey } from '@/api/client';
import type { PartKind, Poll } from '@/api/schema';

/** The parts of a text: posts of a thread and comments, with their files. Pure: every function gives new ones. */

/** One post of a thread, or a comment. The key is ours: it stays when parts move. */
export interface Part {
  key: string;
  kind: PartKind;
  text: string;
  media: FileRef[];
  poll?: Poll;
  quote?: string;
}

/** A file in a part; without an id it is still on its way to us. */
export interface FileRef {
  key: string;
  id?: string;
  /** Without it the file's own description holds. */
  alt?: string;
}

export function emptyPart(kind: PartKind = 'post'): Part {
  return { key: newKey(), kind, text: '', media: [] };
}

export function isEmpty(part: Part): boolean {
  return part.text.trim() === '' && part.media.length === 0 && !part.poll && !part.quote;
}

export function hasContent(parts: Part[]): boolean {
  return parts.some((part) => !isEmpty(part));
}

export function updatePart(parts: Part[], key: string, change: Partial<Part>): Part[] {
  return parts.map((part) => (part.key === key ? { ...part, ...change } : part));
}

export function addAfter(parts: Part[], key: string | undefined, added: Part = emptyPart()): Part[] {
  const at = parts.findIndex((part) => part.key === key);
  const place = at < 0 ? parts.length : at + 1;
  return [...parts.slice(0, place), added, ...parts.slice(place)];
}

export function removePart(parts: Part[], key: string): Part[] {
  return parts.filter((part) => part.key !== key);
}

export function movePart(parts: Part[], key: string, by: -1 | 1): Part[] {
  return moved(parts, key, by);
}

/** Moves one of a list by one place; at the end of the list it stays. */
export function moved<T extends { key: string }>(list: T[], key: string, by: number): T[] {
  const from = list.findIndex((one) => one.key === key);
  const to = from + by;
  const one = list[from];
  if (!one || to < 0 || to >= list.length) return list;
  const rest = list.filter((other) => other.key !== key);
  return [...rest.slice(0, to), one, ...rest.slice(to)];
}

/** Puts a part at the end of the one before it: texts with an empty line between, files together. */
export function mergeUp(parts: Part[], key: string): Part[] {
  const at = parts.findIndex((part) => part.key === key);
  const [above, below] = [parts[at - 1], parts[at]];
  if (!above || !below) return parts;
  const texts = [above.text.trimEnd(), below.text.trimStart()].filter((text) => text !== '');
  const merged: Part = {
    ...above,
    text: texts.join('\n\n'),
    media: [...above.media, ...below.media],
    ...optional('poll', above.poll ?? below.poll),
    ...optional('quote', above.quote ?? below.quote),
  };
  return [...parts.slice(0, at - 1), merged, ...parts.slice(at + 1)];
}

/** Cuts a part in two where the cursor stands. Files, poll and quote stay with the first half. */
export function splitPart(parts: Part[], key: string, at: number): Part[] {
  return parts.flatMap((part) => {
    if (part.key !== key) return [part];
    const second = { ...emptyPart(part.kind), text: part.text.slice(at).trimStart() };
    return [{ ...part, text: part.text.slice(0, at).trimEnd() }, second];
  });
}

/** Makes a thread of one part, by its texts. */
export function spread(parts: Part[], key: string, texts: string[]): Part[] {
  return parts.flatMap((part) => {
    if (part.key !== key) return [part];
    return texts.map((text, place) => (place === 0 ? { ...part, text } : { ...emptyPart(part.kind), text }));
  });
}

/** A field that is there or not, for shapes whose fields may be left out. */
export function optional<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]?: V });
}
