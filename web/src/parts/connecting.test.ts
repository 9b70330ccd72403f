// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { cameFrom, forgetWhereFrom } from './connecting';

beforeEach(() => sessionStorage.clear());

test('where somebody came from is read as often as a page is drawn, until they are back', () => {
  sessionStorage.setItem('fanfare.connecting', '/channels/channel_1');
  expect([cameFrom(), cameFrom()]).toEqual(['/channels/channel_1', '/channels/channel_1']);
  forgetWhereFrom();
  expect(cameFrom()).toBe('/');
});
