import { expect, test } from 'vitest';
import { strength } from './PasswordField';

test('a password is judged by length and by not repeating itself', () => {
  expect(strength('short')).toBe(0);
  expect(strength('aaaaaaaaaaaaaaaa')).toBe(1);
  expect(strength('rhubarb-quay')).toBe(2);
  expect(strength('quay lantern rhubarb seven')).toBe(3);
});
