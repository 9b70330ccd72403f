/**
 * Texts cut at places that people choose: the ends of paragraphs, sentences and words. How much fits is the platform's to
 * say; nothing is counted here.
 */
const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** Shortens to what fits: at the end of a sentence if one is near, else of a word, with a sign that more was there. */
export function shorten(text: string, fits: number): string {
  const room = text.slice(0, fits);
  const sentence = wholes(sentences, text, room.length);
  if (sentence.length >= room.length * 0.6) return sentence.trimEnd();
  // The sign takes the place of the last letters, and counts twice on some platforms.
  const word = wholes(words, text, room.length - 2).trimEnd();
  return `${word || room.slice(0, -2).trimEnd()}…`;
}

/** The whole sentences or words that fit. */
function wholes(by: Intl.Segmenter, text: string, room: number): string {
  let fits = 0;
  for (const { index, segment } of by.segment(text)) {
    if (index + segment.trimEnd().length > room) break;
    fits = index + segment.length;
  }
  return text.slice(0, fits);
}

/** Says how much of a text fits from its beginning; `undefined` if all of it does. */
export type Fits = (text: string) => Promise<number | undefined>;

/** Makes a thread: paragraphs stay together where they fit, then sentences, then words. */
export async function thread(text: string, fits: Fits): Promise<string[]> {
  const parts: string[] = [];
  for (let rest = text.trim(); rest !== ''; ) {
    const room = await fits(rest);
    const end = room === undefined ? rest.length : cutAt(rest, room);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return parts;
}

/** Where a part ends that has this much room. */
function cutAt(text: string, room: number): number {
  const paragraphs = text.slice(0, room + 2).lastIndexOf('\n\n');
  if (paragraphs > 0) return paragraphs;
  return wholes(sentences, text, room).length || wholes(words, text, room).length || Math.max(1, room);
}
