/**
 * Texts as platforms count them, nearly: how long one is stays the server's to say, and this fills the time until it has.
 * Units are those that a channel's limits name; no platform is known here.
 */
const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** What people see as one letter. */
function graphemes(text: string): string[] {
  return Array.from(letters.segment(text), ({ segment }) => segment);
}

/** Letters that count once in a weighted count lie here; everything else, such as emoji and Chinese, counts twice. */
const LIGHT = [
  [0, 0x10ff],
  [0x2000, 0x200d],
  [0x2010, 0x201f],
  [0x2032, 0x2037],
];

function isLight(letter: string): boolean {
  return Array.from(letter).every((sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return LIGHT.some(([from = 0, to = 0]) => code >= from && code <= to);
  });
}

function weight(unit: string, letter: string): number {
  if (unit === 'weighted characters') return isLight(letter) ? Array.from(letter).length : 2;
  return unit === 'characters' ? Array.from(letter).length : 1;
}

export function measure(text: string, unit: string): number {
  return graphemes(text).reduce((sum, letter) => sum + weight(unit, letter), 0);
}

/** The length now, from the server's count of an earlier text and what has changed since. */
export function estimate(now: string, unit: string, judged?: { text: string; length: number }): number {
  if (!judged) return measure(now, unit);
  if (judged.text === now) return judged.length;
  return Math.max(0, judged.length + measure(now, unit) - measure(judged.text, unit));
}

/** Where the text begins to be too much, if its end is `over` units too long. */
export function cutAt(text: string, unit: string, over: number): number {
  let [at, left] = [text.length, over];
  for (const letter of graphemes(text).reverse()) {
    if (left <= 0) break;
    left -= weight(unit, letter);
    at -= letter.length;
  }
  return at;
}

/** Shortens to so many units: at the end of a sentence if one is near, else of a word, with a sign that more was there. */
export function shorten(text: string, unit: string, max: number): string {
  if (measure(text, unit) <= max) return text;
  const room = text.slice(0, cutAt(text, unit, measure(text, unit) - max));
  const sentence = wholes(sentences, text, room.length);
  if (sentence.length >= room.length * 0.6) return sentence.trimEnd();
  const short = text.slice(0, cutAt(text, unit, measure(text, unit) - max + 1));
  const word = wholes(words, text, short.length).trimEnd();
  return `${(word || short).trimEnd()}…`;
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

/** Makes a thread: paragraphs stay together where they fit, then sentences, then words. */
export function thread(text: string, unit: string, max: number): string[] {
  const pieces = text.split(/\n{2,}/).flatMap((paragraph) => fitting(paragraph, unit, max));
  const parts: string[] = [];
  for (const { text: piece, begins } of pieces) {
    const joined = `${parts.at(-1) ?? ''}${begins ? '\n\n' : ' '}${piece}`;
    if (parts.length > 0 && measure(joined, unit) <= max) parts.splice(-1, 1, joined);
    else parts.push(piece);
  }
  return parts;
}

interface Piece {
  text: string;
  /** Whether it begins a paragraph. */
  begins: boolean;
}

function fitting(paragraph: string, unit: string, max: number): Piece[] {
  const whole = paragraph.trim();
  if (whole === '') return [];
  if (measure(whole, unit) <= max) return [{ text: whole, begins: true }];
  const said = Array.from(sentences.segment(whole), ({ segment }) => segment.trim()).filter(Boolean);
  const pieces = said.flatMap((sentence) => (measure(sentence, unit) <= max ? [sentence] : chop(sentence, unit, max)));
  return pieces.map((text, place) => ({ text, begins: place === 0 }));
}

/** A sentence that is too long for one part, by its words; a word that is too long by its letters. */
function chop(sentence: string, unit: string, max: number): string[] {
  const chopped: string[] = [];
  for (const word of sentence.split(/\s+/)) {
    const joined = chopped.length > 0 ? `${chopped.at(-1)} ${word}` : word;
    if (measure(joined, unit) <= max) chopped.splice(-1, 1, joined);
    else chopped.push(...hack(word, unit, max));
  }
  return chopped;
}

function hack(word: string, unit: string, max: number): string[] {
  const hacked: string[] = [''];
  for (const letter of graphemes(word)) {
    const last = hacked.at(-1) ?? '';
    if (measure(last + letter, unit) <= max) hacked.splice(-1, 1, last + letter);
    else hacked.push(letter);
  }
  return hacked;
}

export interface Run {
  kind: 'text' | 'link' | 'mention' | 'tag';
  text: string;
}

const RUNS =
  /(?<link>https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])|(?<mention>(?<![\w/])@[\w.-]*[\w](?:@[\w.-]+\w)?)|(?<tag>(?<![\w/&])#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*)/gu;

/** What a platform makes of a text: links, mentions, tags, and words between them. Nearly; for the preview. */
export function runs(text: string): Run[] {
  const found: Run[] = [];
  let at = 0;
  for (const match of text.matchAll(RUNS)) {
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) });
    const { link, mention } = match.groups ?? {};
    found.push({ kind: link ? 'link' : mention ? 'mention' : 'tag', text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) });
  return found;
}

/** A link as platforms show it: without its protocol, and not all of it. */
export function linkWords(link: string): string {
  const words = link.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  return words.length > 30 ? `${words.slice(0, 29)}…` : words;
}
