import { expect, test } from 'vitest';
import { allZones, zoneOffset, zonePlace, zoneWords } from './zones';

test('zones are called by their place', () => {
  expect(zoneWords('America/Argentina/Buenos_Aires')).toBe('Buenos Aires, Argentina, America');
  expect(zonePlace('Europe/Amsterdam')).toBe('Amsterdam');
  expect(zoneWords('Etc/UTC')).toBe('UTC');
});

test('an offset follows the clock of the place', () => {
  expect(zoneOffset('Europe/Amsterdam', new Date('2030-03-30T12:00:00Z'))).toBe('+01:00');
  expect(zoneOffset('Europe/Amsterdam', new Date('2030-03-31T12:00:00Z'))).toBe('+02:00');
  expect(zoneOffset('Etc/UTC', new Date('2030-03-31T12:00:00Z'))).toBe('+00:00');
});

test('the current zone can be chosen even if the browser does not list it', () => {
  expect(allZones('Asia/Kolkata')).toContain('Asia/Kolkata');
  expect(allZones('Etc/UTC')).toContain('Etc/UTC');
});
