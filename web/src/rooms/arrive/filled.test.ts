// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { clearAddress, filledBy } from './filled';

test('a link brings e-mail and password, however they are written', () => {
  const said = { email: 'lena+demo@example.org', password: 'a b&c#d=é' };
  expect(filledBy(`#${new URLSearchParams(said)}`)).toEqual(said);
  expect(filledBy('#email=demo%40example.org&password=x-_1')).toEqual({ email: 'demo@example.org', password: 'x-_1' });
});

test('half of it, or something else, fills in nothing', () => {
  for (const hash of ['', '#', '#email=demo%40example.org', '#password=x', '#email=&password=x', '#slots']) {
    expect(filledBy(hash)).toBeUndefined();
  }
});

test('the password disappears from the address bar, and the requested page stays', () => {
  history.replaceState({ kept: 1 }, '', '/sign-in?next=%2Fposts#email=a&password=b');
  clearAddress();
  expect(location.pathname + location.search + location.hash).toBe('/sign-in?next=%2Fposts');
  expect(history.state).toEqual({ kept: 1 });
});
