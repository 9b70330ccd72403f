// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { cameFrom, forgetWhereFrom } from './connecting';

beforeEach(() => sessionStorage.clear());

test('the page to return to can be read repeatedly until the person is back', () => {
  sessionStorage.setItem('fanfare.connecting', '/channels/channel_1');
  expect([cameFrom(), cameFrom()]).toEqual(['/channels/channel_1', '/channels/channel_1']);
  forgetWhereFrom();
  expect(cameFrom()).toBe('/');
});
