// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import type { EventBody } from '@/api/schema';
import { EventStream, parse } from './stream';

afterEach(() => {
  vi.unstubAllGlobals();
});

const event = (seq: number) => `id: ${seq}\ndata: {"seq":${seq},"kind":"post.changed"}\n\n`;

/** One connection: its chunks, then it breaks or stays open. */
function line(chunks: string[], stays = false): Response {
  const bytes = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(bytes.encode(chunk));
        if (!stays) controller.close();
      },
    }),
  );
}

function listen(...lines: Response[]) {
  const asked: (string | undefined)[] = [];
  vi.stubGlobal('fetch', (_: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers['last-event-id']);
    return Promise.resolve(lines.shift() ?? line([], true));
  });
  const got: number[] = [];
  let missed = 0;
  const stream = new EventStream(
    '/v1/events/stream',
    () => ({}),
    (one: EventBody) => got.push(one.seq),
    () => {
      missed += 1;
    },
  );
  return { asked, got, stream, missed: () => missed };
}

/** A busy machine is slow. */
const PATIENCE = { timeout: 30_000 };

test('events arrive whole, however the bytes are cut', async () => {
  const text = `${event(1)}: still here\n\n${event(2)}`;
  const { got, stream } = listen(line([text.slice(0, 9), text.slice(9, 40), text.slice(40)], true));
  stream.open();
  await vi.waitFor(() => expect(got).toEqual([1, 2]), PATIENCE);
  expect(stream.state).toBe('live');
  stream.close();
  expect(stream.state).toBe('closed');
});

test('after a lost connection it continues from the last number', async () => {
  const { asked, got, stream, missed } = listen(line([event(4)]), line([event(5)], true));
  stream.open();
  await vi.waitFor(() => expect(got).toEqual([4, 5]), PATIENCE);
  expect(asked).toEqual([undefined, '4']);
  expect(missed()).toBe(1);
  stream.close();
});

test('events may have been missed before the first connection, or after a break without a number', async () => {
  const { stream, missed } = listen(line([]), line([], true));
  stream.open();
  await vi.waitFor(() => expect(missed()).toBe(1), PATIENCE);
  await vi.waitFor(() => expect(missed()).toBe(2), PATIENCE);
  stream.close();
});

test('a refused listener stops asking', async () => {
  const { asked, stream } = listen(new Response('', { status: 403 }));
  stream.open();
  await vi.waitFor(() => expect(stream.state).toBe('closed'), PATIENCE);
  expect(asked).toHaveLength(1);
});

test('fields are read as the standard says', () => {
  expect(parse('id:7\ndata: a\ndata:b')).toEqual({ id: '7', data: 'a\nb' });
  expect(parse(': a comment')).toEqual({ id: undefined, data: '' });
});
