// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { arrived, changeParts, type Draft, emptyDraft } from './model/draft';
import { emptyPart, removePart, updatePart } from './model/parts';
import { type Done, useHistory } from './useHistory';

afterEach(cleanup);

it('brings a removed part back with the file whose upload ended meanwhile', () => {
  const part = { ...emptyPart(), text: 'Look', media: [{ key: 'file' }] };
  const initial: Draft = { ...emptyDraft([]), parts: [emptyPart(), part] };
  const { result } = renderHook(() => useHistory(initial));
  let removed: Done | undefined;
  act(() => {
    removed = result.current.apply((draft) => changeParts(draft, undefined, (parts) => removePart(parts, part.key)));
  });
  act(() => result.current.rewrite((draft) => arrived(draft, 'file', 'media_1')));
  const first = initial.parts[0]?.key ?? '';
  act(() => {
    result.current.apply((draft) => changeParts(draft, undefined, (parts) => updatePart(parts, first, { text: 'Hi' })));
  });
  act(() => {
    if (removed) result.current.takeBack(removed);
  });
  expect(result.current.draft.parts.map(({ text, media }) => [text, media])).toEqual([
    ['Hi', []],
    ['Look', [{ key: 'file', id: 'media_1' }]],
  ]);
});
