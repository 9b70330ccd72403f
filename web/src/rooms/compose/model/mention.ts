/** Mentions while they are typed. Pure. */

export interface Typed {
  /** Where the `@` stands. */
  from: number;
  /** What follows it, up to the caret. */
  words: string;
}

/** So much of a name must be there before anyone is asked: with one letter everyone fits. */
const ENOUGH = 2;
/** A name that is still being typed is not longer than this. */
const LONGEST = 100;
const AT_CARET = /(?:^|[\s([{"'“‘«/])@([\p{L}\p{N}_][\p{L}\p{N}_.@-]*)$/u;

/** The mention that is being typed where the caret stands; none in an address such as `lena@example.org`. */
export function mentionAt(text: string, caret: number): Typed | undefined {
  const words = AT_CARET.exec(text.slice(Math.max(0, caret - LONGEST), caret))?.[1];
  if (words === undefined || words.length < ENOUGH) return undefined;
  return { from: caret - words.length - 1, words };
}

/** The text with the mention in full and a space behind it, and where the caret stands then. */
export function mentioned(text: string, { from, words }: Typed, handle: string): { text: string; caret: number } {
  const rest = text.slice(from + 1 + words.length);
  const before = `${text.slice(0, from)}@${handle}`;
  const space = /^\s/.test(rest) ? '' : ' ';
  return { text: before + space + rest, caret: before.length + 1 };
}
