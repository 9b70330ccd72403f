// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { keepTheme, setTheme, theme } from './theme';

beforeEach(() => {
  localStorage.clear();
  delete document.documentElement.dataset.theme;
});

test('a theme is on the page and in storage; the system’s is neither', () => {
  setTheme('dark');
  expect([theme(), document.documentElement.dataset.theme, localStorage.getItem('fanfare.theme')]).toEqual([
    'dark',
    'dark',
    'dark',
  ]);
  setTheme('system');
  expect([theme(), document.documentElement.dataset.theme, localStorage.getItem('fanfare.theme')]).toEqual([
    'system',
    undefined,
    null,
  ]);
});

test('signing out empties storage, and the theme stays', async () => {
  setTheme('light');
  await keepTheme(async () => localStorage.clear());
  expect(localStorage.getItem('fanfare.theme')).toBe('light');
});
