import { expect, test } from 'vitest';
import type { CalendarDraft } from '@/api/schema';
import { draftEntries, filteredDrafts, undated } from './drafts';
import { movable, stuck, unschedulable } from './entries';
import { textOfDay, Wall } from './wall';

const wall = new Wall('Europe/Amsterdam', Date.parse('2030-03-01T00:00Z'), Date.parse('2030-04-01T00:00Z'));
const draft = (more: Partial<CalendarDraft>): CalendarDraft => ({
  post: 'post_1',
  channels: ['channel_a'],
  made_by: 'person_1',
  in_review: false,
  changed_at: '2030-03-01T10:00:00Z',
  text: 'Fog, finally',
  media: 0,
  ...more,
});
const everything = { channels: [], states: [], words: '' };

test('a draft with a time stands on its day, with its author, and nothing of it is scheduled', () => {
  const [entry] = draftEntries([draft({ planned_at: '2030-03-05T23:30:00Z' })], wall);
  expect(entry && [textOfDay(entry.day), entry.state, entry.madeBy]).toEqual(['2030-03-06', 'draft', 'person_1']);
  expect(entry && [movable(entry), unschedulable(entry), stuck(entry)]).toEqual([[], [], 'draft']);
});

test('what was handed in says so', () => {
  const [entry] = draftEntries([draft({ planned_at: '2030-03-05T09:00:00Z', in_review: true })], wall);
  expect(entry?.state).toBe('in_review');
});

test('a draft without a time is on no day, and is not lost', () => {
  const all = [draft({}), draft({ post: 'post_2', planned_at: '2030-03-05T09:00:00Z' })];
  expect(draftEntries(all, wall).map(({ post }) => post)).toEqual(['post_2']);
  expect(undated(all).map(({ post }) => post)).toEqual(['post_1']);
});

test.each([
  [{}, 2],
  [{ states: ['draft' as const] }, 2],
  [{ states: ['scheduled' as const] }, 0],
  [{ channels: ['channel_a'] }, 1],
  [{ words: 'FOG fin' }, 1],
])('the filters %j leave %d drafts', (filters, count) => {
  const all = [draft({}), draft({ post: 'post_2', channels: [], text: 'The quay' })];
  expect(filteredDrafts(all, { ...everything, ...filters })).toHaveLength(count);
});
