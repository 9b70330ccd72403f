import { addAfter, emptyPart, isEmpty, type Part, updatePart } from './parts';

/** What another app shared: it names them as it likes, and repeats itself. */
export interface SharedWords {
  title: string;
  text: string;
  url: string;
}

/** As one text: the title, the words and the address, each only once. */
export function textOf({ title, text, url }: SharedWords): string {
  const said = [title, text, url].map((words) => words.trim());
  const isSaid = (words: string, place: number) =>
    said.some((other, at) => at !== place && other.includes(words) && (other !== words || at < place));
  return said.filter((words, place) => words !== '' && !isSaid(words, place)).join('\n\n');
}

/** Puts it into the post: in the last part if that is empty, else after what it says. */
export function withShared(parts: Part[], text: string, files: Part['media']): Part[] {
  const last = parts.at(-1);
  if (!last || (last.poll && files.length > 0))
    return addAfter(parts, last?.key, { ...emptyPart(), text, media: files });
  const words =
    isEmpty(last) || last.text.trim() === '' ? text : [last.text, text].filter((one) => one !== '').join('\n\n');
  return updatePart(parts, last.key, { text: words, media: [...last.media, ...files] });
}
