import type { CalendarItem } from '@/api/schema';

const STATES: CalendarItem['state'][] = ['published', 'scheduled', 'scheduled', 'failed', 'needs_eyes', 'parked'];

/** Posts made up for measuring, spread over some days. Only tests use them. */
export function thousandPosts(count: number, from: number, days: number): CalendarItem[] {
  return Array.from({ length: count }, (_, n): CalendarItem => {
    const at = from + Math.floor((n / count) * days * 24 * 60) * 60_000;
    return {
      publication: `pub_${n}`,
      post: `pst_${n}`,
      channel: `chn_${n % 3}`,
      due_at: new Date(at).toISOString(),
      state: STATES[n % STATES.length] ?? 'scheduled',
      text: `Post number ${n} says something of ordinary length about the harbour`,
      made_by: 'person_1',
      media: 0,
      parts: 1,
    };
  });
}
