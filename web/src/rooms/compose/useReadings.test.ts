import { expect, it } from 'vitest';
import type { PartReading } from '@/api/schema';
import { type Draft, emptyDraft, printOf } from './model/draft';
import { Readings } from './useReadings';

const reading = (length: number): PartReading => ({ length, limit: 300, spans: [], languages: [], notes: [] });
const part = (key: string, text: string) => ({ key, kind: 'post' as const, text, media: [] });

it('keeps what was read of parts that did not change, so that they are not drawn again at each key', () => {
  const readings = new Readings();
  const answer = (...lengths: number[]) => [{ channel: 'one', parts: lengths.map(reading) }];
  readings.take(answer(1, 2), { one: [part('a', 'x'), part('b', 'yy')] });
  const before = [readings.of('one', 'a'), readings.of('one', 'b')];
  readings.take(answer(1, 3), { one: [part('a', 'x'), part('b', 'yyy')] });
  expect(readings.of('one', 'a')).toBe(before[0]);
  expect(readings.of('one', 'b')).not.toBe(before[1]);
  expect(readings.of('one', 'b')?.length).toBe(3);
});

it('knows a part by its key, wherever it has moved', () => {
  const readings = new Readings();
  readings.take([{ channel: 'one', parts: [reading(2), reading(1)] }], { one: [part('b', 'yy'), part('a', 'x')] });
  expect(readings.of('one', 'a')?.length).toBe(1);
  expect(readings.of('two', 'a')).toBeUndefined();
});

it('prints a long draft once, however many ask at a key', () => {
  let printed = 0;
  const text = { toJSON: () => (printed += 1), trim: () => 'x' } as unknown as string;
  const draft: Draft = { ...emptyDraft(['one']), parts: [part('a', text)] };
  expect(printOf(draft)).toBe(printOf(draft));
  expect(printed).toBe(1);
});
