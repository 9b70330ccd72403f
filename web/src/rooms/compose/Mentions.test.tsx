// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense, useState } from 'react';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { api, query } from '@/api/client';
import type { ChannelBody, PlatformBody } from '@/api/schema';
import { startLanguage } from '@/app/language';
import { type Composing, ComposingContext } from './context';
import { emptyDraft } from './model/draft';
import { PartText } from './PartText';
import { Readings } from './useReadings';

const PLATFORMS = [
  { id: 'bluesky', name: 'Bluesky', suggests_mentions: true },
  { id: 'x', name: 'X', suggests_mentions: false },
] as PlatformBody[];
const CHANNELS = [
  { id: 'one', name: 'Lena Vos', handle: 'lena.test', platform: 'bluesky' },
  { id: 'two', name: 'Bakery', handle: 'bakery.test', platform: 'bluesky' },
  { id: 'three', name: 'Lena Vos', handle: 'lena', platform: 'x' },
] as ChannelBody[];

let asked: string[];
beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose']);
});
beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.spyOn(api, 'GET').mockImplementation((async (
    _: string,
    { params }: { params: { path: { channel: string }; query: { q: string } } },
  ) => {
    asked.push(`${params.path.channel} ${params.query.q}`);
    const items = [
      { handle: 'northwind.test', name: 'Northwind Bikes' },
      { handle: 'norah.test', name: '' },
    ];
    return { data: { items }, response: new Response() };
  }) as never);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let entered: number;
function Field() {
  const [text, setText] = useState('');
  const [queries] = useState(() => {
    const client = new QueryClient();
    client.setQueryData(query.queryOptions('get', '/v1/platforms', {}).queryKey, PLATFORMS);
    return client;
  });
  const composing = {
    draft: emptyDraft(CHANNELS.map(({ id }) => id)),
    channels: CHANNELS,
    platforms: PLATFORMS,
    readings: new Readings(),
  } as unknown as Composing;
  return (
    <QueryClientProvider client={queries}>
      <Suspense>
        <ComposingContext value={composing}>
          <PartText
            id="part-p"
            part="p"
            value={text}
            onChange={setText}
            onKeyDown={() => {
              entered += 1;
            }}
            onFiles={() => {}}
            label="Text"
            placeholder=""
            describedBy=""
            isLarge
          />
        </ComposingContext>
      </Suspense>
    </QueryClientProvider>
  );
}

async function type(text: string): Promise<HTMLTextAreaElement> {
  const field = screen.getByRole<HTMLTextAreaElement>('textbox');
  fireEvent.change(field, { target: { value: text, selectionStart: text.length, selectionEnd: text.length } });
  // The pause, and then the answer.
  for (const ms of [400, 10]) await act(() => vi.advanceTimersByTimeAsync(ms));
  return field;
}

it('suggests accounts while a mention is typed, asks each network once, and says which network each is of', async () => {
  entered = 0;
  render(<Field />);
  const field = await type('Thanks @no');
  expect(asked).toEqual(['one no']);
  expect(screen.getAllByRole('option').map(({ title }) => title)).toEqual([
    '@northwind.test (Bluesky)',
    '@norah.test (Bluesky)',
  ]);
  expect(field.getAttribute('aria-controls')).toBe(screen.getByRole('listbox').id);
  // Nothing is chosen yet: Enter is the text field's own.
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(entered).toBe(1);
  fireEvent.keyDown(field, { key: 'ArrowDown' });
  fireEvent.keyDown(field, { key: 'ArrowDown' });
  expect(field.getAttribute('aria-activedescendant')).toBe(screen.getAllByRole('option')[1]?.id);
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(field.value).toBe('Thanks @norah.test ');
  expect(screen.queryByRole('listbox')).toBeNull();
  expect(entered).toBe(1);
});

it('closes with Escape, and typing continues', async () => {
  render(<Field />);
  const field = await type('@nor');
  fireEvent.keyDown(field, { key: 'Escape' });
  expect(screen.queryByRole('listbox')).toBeNull();
  expect(field.value).toBe('@nor');
});
