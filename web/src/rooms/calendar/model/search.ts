import { type Filters, STATE_GROUPS, type StateGroup } from './entries';
import { VIEWS, type View } from './range';
import { dayOfText } from './wall';

/** What the calendar's address says. Everything that fits nothing is left out. */
export interface CalendarSearch {
  view?: View | undefined;
  date?: string | undefined;
  /** Ids with commas between them. */
  channel?: string | undefined;
  state?: string | undefined;
  q?: string | undefined;
}

export function readSearch(search: Record<string, unknown>): CalendarSearch {
  const text = (name: string) => (typeof search[name] === 'string' && search[name] !== '' ? search[name] : undefined);
  const date = text('date');
  return {
    view: VIEWS.find((view) => view === search.view),
    date: date && dayOfText(date) !== undefined ? date : undefined,
    channel: text('channel'),
    state: text('state'),
    q: text('q'),
  };
}

export function filtersOf({ channel, state, q }: CalendarSearch): Filters {
  const groups = Object.keys(STATE_GROUPS) as StateGroup[];
  const named = state?.split(',') ?? [];
  return {
    channels: channel?.split(',').filter(Boolean) ?? [],
    states: groups.filter((group) => named.includes(group)),
    words: q ?? '',
  };
}

export function isFiltered({ channels, states, words }: Filters): boolean {
  return channels.length > 0 || states.length > 0 || words.trim() !== '';
}

/** The filters as the address says them. */
export function searchOf({ channels, states, words }: Filters): Pick<CalendarSearch, 'channel' | 'state' | 'q'> {
  return { channel: channels.join(',') || undefined, state: states.join(',') || undefined, q: words || undefined };
}
