import { locale } from '@/app/language';

const formats = new Map<string, Intl.NumberFormat>();

/** A number as the page writes it: `25,000`. The format is kept, since making one takes longer than its use. */
export function numberWords(value: number): string {
  const tag = locale();
  const known = formats.get(tag) ?? new Intl.NumberFormat(tag);
  formats.set(tag, known);
  return known.format(value);
}
