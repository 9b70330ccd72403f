import type { CalendarDraft } from '@/api/schema';
import { type Entry, type Filters, fitsWords } from './entries';
import { dayOf, MINUTE_MS, type Wall } from './wall';

/** Drafts that fit the filters. One that goes nowhere yet fits no channel. */
export function filteredDrafts(
  drafts: readonly CalendarDraft[],
  { channels, states, words }: Filters,
): CalendarDraft[] {
  if (states.length > 0 && !states.includes('draft')) return [];
  return drafts.filter(
    (draft) =>
      (channels.length === 0 || draft.channels.some((id) => channels.includes(id))) && fitsWords(draft.text, words),
  );
}

/** Drafts that are meant for a time, as entries at that time: nothing of them is scheduled. */
export function draftEntries(drafts: readonly CalendarDraft[], wall: Wall): Entry[] {
  return drafts.flatMap(({ post, planned_at, channels, made_by, in_review, text, thumbnail, media }): Entry[] => {
    if (!planned_at) return [];
    const at = Date.parse(planned_at);
    const local = wall.local(at);
    return [
      {
        key: `draft:${post}@${Math.floor(at / MINUTE_MS)}`,
        post,
        at,
        local,
        day: dayOf(local),
        items: [],
        channels,
        madeBy: made_by,
        state: in_review ? 'in_review' : 'draft',
        text,
        thumbnail: thumbnail ?? undefined,
        media,
        parts: 1,
        series: undefined,
      },
    ];
  });
}

/** Drafts without a time: the calendar shows them beside its days. */
export function undated(drafts: readonly CalendarDraft[]): CalendarDraft[] {
  return drafts.filter(({ planned_at }) => !planned_at);
}
