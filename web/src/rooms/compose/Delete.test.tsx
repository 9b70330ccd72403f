// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { startLanguage } from '@/app/language';
import { Toasts } from '@/design/Toast';
import { Delete } from './Delete';
import type { Saver } from './saving/saver';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose', 'design']);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it('deletes in the workspace of the composer, and brings the post back from the notice', async () => {
  const asked: unknown[] = [];
  const note = (method: string) =>
    (async (path: string, { headers }: { headers: object }) => {
      asked.push([method, path, headers]);
      return { response: new Response() };
    }) as never;
  vi.spyOn(api, 'DELETE').mockImplementation(note('DELETE'));
  vi.spyOn(api, 'POST').mockImplementation(note('POST'));
  const saver = { abandon: () => {} } as unknown as Saver;
  const onDeleted = vi.fn();
  render(
    <Suspense>
      <Delete workspace="one" saver={saver} post="post_1" isScheduled={false} onDeleted={onDeleted} />
      <Toasts />
    </Suspense>,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Delete post' }));
  fireEvent.click(await screen.findByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(onDeleted).toHaveBeenCalled());
  const undo = await screen.findByText('Undo');
  await act(async () => fireEvent.click(undo));
  const headers = { 'fanfare-workspace': 'one' };
  expect(asked).toEqual([
    ['DELETE', '/v1/posts/{post}', headers],
    ['POST', '/v1/posts/{post}/restore', headers],
  ]);
  expect(await screen.findByText('The post is back under Posts')).toBeTruthy();
});
