import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { latest } from './latest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('asks at once, but not in the task of the key, then only about the latest words, one request at a time', async () => {
  const asked: string[] = [];
  const asker = latest(async (wanted: string) => asked.push(wanted) > 0, { pauseMs: 60, againMs: 5_000 });
  asker.want('a');
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(0);
  for (const words of ['ab', 'abc']) asker.want(words);
  expect(asked).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(60);
  expect(asked).toEqual(['a', 'abc']);
});

it('asks again without an answer, about what the page says by then', async () => {
  const asked: string[] = [];
  const asker = latest(async (wanted: string) => asked.push(wanted) > 1, { pauseMs: 60, againMs: 5_000 });
  asker.want('a');
  await vi.advanceTimersByTimeAsync(4_000);
  asker.want('ab');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['a', 'ab']);
  asker.stop();
  asker.want('abc');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(['a', 'ab']);
});
