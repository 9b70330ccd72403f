// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { WorkspaceBody } from '@/api/schema';
import { type Read, useEdited } from './useEdited';

afterEach(cleanup);

const read = (name: string, etag: string): Read => ({
  data: { id: 'workspace_1', name, zone: 'Europe/Amsterdam', language: 'en-GB' } as WorkspaceBody,
  etag,
});

function begin() {
  return renderHook(({ found }) => useEdited(found), { initialProps: { found: read('Ours', '"r1"') } });
}

test('while nothing is changed, what was read last is shown', () => {
  const { result, rerender } = begin();
  expect(result.current.said).toEqual({ name: 'Ours', zone: 'Europe/Amsterdam', language: 'en' });
  rerender({ found: read('Theirs', '"r2"') });
  expect([result.current.said.name, result.current.etag]).toEqual(['Theirs', '"r2"']);
});

test('what is being changed stays, and is still compared with what it began from', () => {
  const { result, rerender } = begin();
  act(() => result.current.change({ name: 'Mine' }));
  rerender({ found: read('Theirs', '"r2"') });
  expect([result.current.said.name, result.current.etag]).toEqual(['Mine', '"r1"']);
  act(() => result.current.take(read('Theirs', '"r2"')));
  expect([result.current.said.name, result.current.etag]).toEqual(['Theirs', '"r2"']);
});

test('what was stored is where the next change begins, also before it is read again', () => {
  const { result, rerender } = begin();
  act(() => result.current.change({ name: 'Mine' }));
  act(() => result.current.take(read('Mine', '"r2"')));
  expect([result.current.said.name, result.current.etag]).toEqual(['Mine', '"r2"']);
  rerender({ found: read('Mine', '"r2"') });
  expect([result.current.said.name, result.current.etag]).toEqual(['Mine', '"r2"']);
});
