import { api } from '@/api/client';
import type { CalendarItem } from '@/api/schema';
import { queries } from '@/app/queries';
import { type Entry, unschedulable } from './model/entries';
import { reschedule } from './move';

/** Takes from the calendar what is not on its way: all that can be, of one post at one time. */
export async function unschedule(entry: Entry): Promise<void> {
  try {
    for (const { publication } of unschedulable(entry)) {
      await api.POST('/v1/publications/{publication}/decision', {
        params: { path: { publication } },
        body: { decision: 'cancel' },
      });
    }
  } finally {
    readAgain();
  }
}

/** Whether that can be taken back: the time is still to come, and everything would be published at it as before. */
export function canUndo(entry: Entry, now: number): boolean {
  return entry.at > now && unschedulable(entry).every(({ state, series }) => state === 'scheduled' && !series);
}

/** Schedules again what was unscheduled, at the times it had. */
export async function undoUnschedule(entry: Entry): Promise<void> {
  try {
    const { data: post } = await api.GET('/v1/posts/{post}', { params: { path: { post: entry.post } } });
    if (post) await reschedule(post, unschedulable(entry).map(timeOf));
  } finally {
    readAgain();
  }
}

function timeOf({ channel, due_at, local_time, zone }: CalendarItem) {
  const schedule = local_time && zone ? { local: local_time.slice(0, 16), zone } : { at: due_at };
  return { channel, schedule };
}

function readAgain(): void {
  void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/calendar') });
}
