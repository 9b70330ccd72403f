import { expect, test } from 'vitest';
import { curl, keyState, ranges } from './keys';

const NOW = Date.parse('2030-01-01T00:00:00Z');

test('a key says in time that it ends', () => {
  expect(keyState({ expires_at: '2029-12-31T23:59:59Z' }, NOW)).toBe('ended');
  expect(keyState({ expires_at: '2030-01-10T00:00:00Z' }, NOW)).toBe('ends-soon');
  expect(keyState({ expires_at: '2030-03-01T00:00:00Z' }, NOW)).toBe('good');
});

test('address ranges are read however they are separated', () => {
  expect(ranges(' 203.0.113.0/24,\n2001:db8::/32  198.51.100.7 ')).toEqual([
    '203.0.113.0/24',
    '2001:db8::/32',
    '198.51.100.7',
  ]);
  expect(ranges('  ')).toEqual([]);
});

test('the first request can be pasted into a terminal', () => {
  expect(curl('https://fanfare.example', 'fanfare_live_x')).toBe(
    "curl https://fanfare.example/v1/channels \\\n  -H 'Authorization: Bearer fanfare_live_x'",
  );
});
