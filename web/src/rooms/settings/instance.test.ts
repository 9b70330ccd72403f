import { expect, test } from 'vitest';
import type { CheckBody } from '@/api/schema';
import { byVerdict, sentence } from './instance';

test('what is not in order stands first', () => {
  const check = (name: string, verdict: CheckBody['verdict']): CheckBody => ({
    name,
    verdict,
    detail: '',
    means: '',
    remedy: '',
  });
  const checks = [check('a', 'good'), check('b', 'warning'), check('c', 'bad'), check('d', 'good')];
  expect(byVerdict(checks).map(({ name }) => name)).toEqual(['c', 'b', 'a', 'd']);
});

test('what was found stands as a sentence, and names stay as they are', () => {
  expect(sentence('publishing goes on')).toBe('Publishing goes on');
  expect(sentence('kek_e2037 wraps 3')).toBe('kek_e2037 wraps 3');
});
