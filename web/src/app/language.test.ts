// @vitest-environment happy-dom
import { renderHook } from '@testing-library/react';
import i18next from 'i18next';
import { afterEach, expect, test, vi } from 'vitest';
import { clockWords } from '@/design/clock';
import { weekStart } from '@/rooms/calendar/model/range';
import { locale, startLanguage, useLocale } from './language';
import { queries } from './queries';
import { meQuery } from './session';

const chose = (week_starts_on: string, clock: string) =>
  queries.setQueryData(meQuery.queryKey, { week_starts_on, clock } as never);

afterEach(() => queries.clear());

test('the clock and the week follow the browser’s region until the person chooses', () => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['nl-NL', 'en-US']);
  expect(locale('en')).toBe('en-US-u-hc-h23');
  chose('by_language', 'by_language');
  expect(locale('nl')).toBe('nl-NL-u-hc-h23');
});

test('a choice of clock and week holds in every language', () => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['nl-NL', 'en-US']);
  chose('sunday', 'twelve_hours');
  for (const language of ['en', 'nl']) {
    expect(weekStart(locale(language))).toBe(0);
    expect(clockWords('15:30', locale(language))).toMatch(/^3:30/);
  }
  chose('monday', 'twenty_four_hours');
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en-US']);
  expect(weekStart(locale('en'))).toBe(1);
  expect(clockWords('15:30', locale('en'))).toBe('15:30');
});

test('the words of the first page are there immediately, in every language', async () => {
  startLanguage();
  expect(i18next.t('arrive:signIn.act')).toBe('Sign in');
  void i18next.changeLanguage('nl');
  expect(i18next.t('arrive:signIn.act')).toBe('Aanmelden');
  await i18next.changeLanguage('en');
});

test('before anyone is signed in, the clock is not looked up', () => {
  const asked = vi.spyOn(Intl, 'DateTimeFormat');
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de-AT', 'en-CA']);
  expect(renderHook(() => useLocale('en')).result.current).toBe('en-CA');
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
  chose('by_language', 'twelve_hours');
  expect(renderHook(() => useLocale('en')).result.current).toBe('en-CA-u-hc-h12');
});
