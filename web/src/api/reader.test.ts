// @vitest-environment happy-dom
import i18next from 'i18next';
import { expect, test, vi } from 'vitest';
import { api } from './client';

test('the server is asked to speak the language of the app, and to say times in the zone of the browser', async () => {
  const sent: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request);
    return Promise.resolve(Response.json([]));
  });
  await i18next.init({ lng: 'nl', resources: {} });
  await api.GET('/v1/platforms');
  await i18next.changeLanguage('en');
  await api.GET('/v1/platforms');
  expect(sent.map((request) => request.headers.get('accept-language'))).toEqual(['nl', 'en']);
  expect(sent[0]?.headers.get('time-zone')).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  vi.unstubAllGlobals();
});
