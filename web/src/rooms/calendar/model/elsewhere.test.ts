import { expect, test } from 'vitest';
import type { PostBody } from '@/api/schema';
import { elsewhere } from './elsewhere';

const post = (id: string, times: string[], text = 'Fog', more: Partial<PostBody> = {}) =>
  ({
    id,
    state: times.length > 0 ? 'scheduled' : 'draft',
    parts: [{ kind: 'post', text }],
    variants: [],
    publications: times.map((due_at) => ({ due_at })),
    ...more,
  }) as unknown as PostBody;

const NOW = Date.parse('2030-03-04T12:00Z');

test('posts shown on the calendar are not listed again, and drafts are found, too', () => {
  const found = elsewhere([post('a', ['2030-03-05T09:00Z']), post('b', []), post('c', [])], new Set(['a', 'c']), NOW);
  expect(found).toEqual([{ post: 'b', state: 'draft', text: 'Fog', at: undefined }]);
});

test.each([
  [['2030-05-01T09:00Z', '2030-03-05T09:00Z', '2030-01-01T09:00Z'], '2030-03-05T09:00Z'],
  [['2029-05-01T09:00Z', '2030-01-01T09:00Z'], '2030-01-01T09:00Z'],
])('a post with times %j is found at %s', (times, at) => {
  expect(elsewhere([post('a', times)], new Set(), NOW)[0]?.at).toBe(at);
});

test('a post that says something only on a channel shows that', () => {
  const variants = [
    { channel: 'c', parts: [{ kind: 'post', text: 'For the quay' }] },
  ] as unknown as PostBody['variants'];
  expect(elsewhere([post('a', [], '', { variants })], new Set(), NOW)[0]?.text).toBe('For the quay');
});
