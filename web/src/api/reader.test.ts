// @vitest-environment happy-dom
import i18next from 'i18next';
import { expect, test, vi } from 'vitest';
import { api } from './client';
import { knowZones } from './reader';
import { chooseWorkspace } from './workspace';

test('the server is asked to speak the language of the app, and to say times in the zone that the page shows', async () => {
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
  // Before anyone is signed in only an act names the browser's zone: to look it up takes longer than to draw the sign-in page.
  expect(sent[0]?.headers.get('time-zone')).toBeNull();
  await api.DELETE('/v1/session');
  expect(sent[2]?.headers.get('time-zone')).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  knowZones([
    { id: 'one', zone: 'Europe/Amsterdam' },
    { id: 'two', zone: 'Asia/Tokyo' },
  ]);
  await api.GET('/v1/platforms');
  chooseWorkspace('two');
  await api.GET('/v1/platforms');
  await api.GET('/v1/platforms', { headers: { 'fanfare-workspace': 'one' } });
  const zones = sent.slice(3).map((request) => request.headers.get('time-zone'));
  expect(zones).toEqual(['Europe/Amsterdam', 'Asia/Tokyo', 'Europe/Amsterdam']);
  vi.unstubAllGlobals();
});
