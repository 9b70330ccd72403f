// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answered, isOnline, onOnlineChange, unanswered } from './online';

let isUp = false;
const asked = vi.fn(async () => {
  if (!isUp) throw new TypeError('Failed to fetch');
  return new Response('{}');
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', asked);
  isUp = false;
});
afterEach(() => {
  answered();
  asked.mockClear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('a request without an answer is offline, whatever the device says; the next answer ends it', () => {
  const told = vi.fn();
  const stop = onOnlineChange(told);
  expect(navigator.onLine).toBe(true);
  unanswered();
  expect(isOnline()).toBe(false);
  unanswered();
  answered();
  answered();
  expect(isOnline()).toBe(true);
  expect(told).toHaveBeenCalledTimes(2);
  stop();
});

it('the server is asked for a sign of life until there is one', async () => {
  unanswered();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(isOnline()).toBe(false);
  isUp = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(isOnline()).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(3);
});

it('a device that loses its connection is offline at once', () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  const told = vi.fn();
  const stop = onOnlineChange(told);
  dispatchEvent(new Event('offline'));
  expect([isOnline(), told.mock.calls.length]).toEqual([false, 1]);
  online.mockReturnValue(true);
  dispatchEvent(new Event('online'));
  expect([isOnline(), told.mock.calls.length]).toEqual([true, 2]);
  stop();
});
