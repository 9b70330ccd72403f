import type { Issue } from '@/api/schema';
import { type Found, placeOf } from '../model/issues';

/** Said where the thing itself stands: at the file, at the text, in the place of the card. */
const ELSEWHERE = ['alt_missing', 'link_card_missing', 'empty'];

/**
 * What a preview says besides what it shows: what the platform reads otherwise than it was written, and what the channel
 * warns of or refuses, each once. The length of the text is seen in the text; what is about an option is said of the post, not of
 * each part.
 */
export function remarksOf(notes: Issue[], issues: Pick<Found, 'issue' | 'place'>[]): Issue[] {
  const isLength = ({ issue, place }: Pick<Found, 'issue' | 'place'>) => place.field === 'text' && issue.limit != null;
  const own = notes.filter(({ pointer }) => placeOf(pointer).option === undefined);
  const all = [...own, ...issues.filter((one) => !isLength(one)).map(({ issue }) => issue)];
  const seen = new Set<string>();
  return all.filter(({ rule, detail }) => {
    const isNew = !ELSEWHERE.includes(rule) && !seen.has(`${rule} ${detail}`);
    seen.add(`${rule} ${detail}`);
    return isNew;
  });
}
