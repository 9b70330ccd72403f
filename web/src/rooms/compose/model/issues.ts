import type { ChannelVerdict, Issue } from '@/api/schema';

/** Where issues belong, and what can be done about them: from their pointers and numbers, never from a platform's name. */
export interface Place {
  /** The part among those that were sent. */
  part?: number;
  file?: number;
  /** The field of the part or of the file: `text`, `media`, `alt`, `poll`, `quote`, `kind`. */
  field?: string;
  /** The option and where in it: `langs/0` for `/options/langs/0`. */
  option?: string;
}

export interface Found {
  channel: string;
  platform: string;
  issue: Issue;
  place: Place;
}

export function placeOf(pointer: string): Place {
  const [root, ...rest] = pointer.split('/').slice(1);
  if (root === 'options') return rest[0] ? { option: rest.join('/') } : {};
  if (root !== 'parts' || rest[0] === undefined) return {};
  const [part, field, file, deeper] = rest;
  const place: Place = { part: Number(part), ...(field ? { field } : {}) };
  if (field !== 'media' || file === undefined) return place;
  return { ...place, file: Number(file), field: deeper ?? 'media' };
}

export function found(verdicts: ChannelVerdict[]): Found[] {
  return verdicts.flatMap(({ channel, platform, issues }) =>
    issues.map((issue) => ({ channel, platform, issue, place: placeOf(issue.pointer) })),
  );
}

/** Things that can be done about an issue, best first. */
export type Fix =
  | { kind: 'shorten'; part: number; max: number }
  | { kind: 'thread'; part: number; max: number }
  | { kind: 'fewer-files'; part: number; from: number; count: number }
  | { kind: 'files-next'; part: number }
  | { kind: 'alt'; part: number; file: number }
  | { kind: 'drop-file'; part: number; file: number }
  | { kind: 'drop'; part: number; field: 'poll' | 'quote' }
  | { kind: 'poll'; part: number }
  | { kind: 'option'; option: string }
  | { kind: 'write'; part: number };

/**
 * What helps. A limit and a larger number at a text means it is too long; at files, that there are too many; and so on.
 * A poll that is fine but for a detail is looked at; one that has no place at all is left out.
 */
export function fixesOf({ issue, place }: Found): Fix[] {
  const { part, file, field, option } = place;
  const limit = issue.limit ?? undefined;
  const isTooMuch = limit !== undefined && issue.actual != null && issue.actual > limit;
  if (option !== undefined) return [{ kind: 'option', option }];
  if (part === undefined) return [];
  if (file !== undefined) {
    return field === 'alt' ? [{ kind: 'alt', part, file }] : [{ kind: 'drop-file', part, file }];
  }
  switch (field) {
    case 'text':
      if (!isTooMuch) return [{ kind: 'write', part }];
      return [
        { kind: 'shorten', part, max: limit },
        { kind: 'thread', part, max: limit },
      ];
    case 'media':
      // Where a file is missing, there is nothing to move.
      if (issue.rule === 'media_unusable') return [];
      if (isTooMuch && limit > 0)
        return [{ kind: 'fewer-files', part, from: limit, count: (issue.actual ?? 0) - limit }];
      return [{ kind: 'files-next', part }];
    case 'poll':
      return issue.pointer.endsWith('/poll') ? [{ kind: 'drop', part, field: 'poll' }] : [{ kind: 'poll', part }];
    case 'quote':
      return [{ kind: 'drop', part, field: 'quote' }];
    default:
      return [];
  }
}

/** An issue, told once for all channels that have the very same one. */
export interface Told extends Found {
  also: Found[];
}

/** Joins issues with the same words about the same place, so that five alike channels say it once. */
export function gather(list: Found[]): Told[] {
  const told = new Map<string, Told>();
  for (const one of list) {
    const key = `${one.platform} ${one.issue.rule} ${one.issue.pointer} ${one.issue.detail}`;
    const known = told.get(key);
    if (known) known.also.push(one);
    else told.set(key, { ...one, also: [] });
  }
  return [...told.values()].sort((one, other) => order(one) - order(other));
}

function order({ issue, place }: Found): number {
  return (issue.severity === 'error' ? 0 : 1_000) + (place.part ?? 500);
}
