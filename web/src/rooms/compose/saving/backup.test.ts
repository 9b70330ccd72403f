// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { emptyDraft } from '../model/draft';
import { emptyPart } from '../model/parts';
import { firstChoice, forget, handOver, keep, keepChoice, kept } from './backup';

const draft = { ...emptyDraft(['one']), parts: [{ ...emptyPart(), text: 'Hello' }] };

beforeEach(() => localStorage.clear());

describe('what is not stored yet', () => {
  it('is kept by workspace and post, and forgotten when it is stored', () => {
    keep('here', undefined, { draft, at: 1 });
    expect(kept('here', undefined)?.draft.parts[0]?.text).toBe('Hello');
    expect(kept('there', undefined)).toBeUndefined();
    expect(kept('here', 'post_1')).toBeUndefined();
    forget('here', undefined);
    expect(kept('here', undefined)).toBeUndefined();
  });

  it('comes back without files that were still on their way', () => {
    const media = [{ key: 'a', id: 'media_1' }, { key: 'b' }];
    keep('here', undefined, { draft: { ...draft, parts: [{ ...emptyPart(), media }] }, at: 1 });
    expect(kept('here', undefined)?.draft.parts[0]?.media).toEqual([{ key: 'a', id: 'media_1' }]);
  });

  it('is no use if it is of another form', () => {
    localStorage.setItem('fanfare.compose.here.new', '{"draft":"Hello"}');
    expect(kept('here', undefined)).toBeUndefined();
  });
});

describe('a page that was left while it was storing', () => {
  it('is not found a second time, and forgotten once it is stored', async () => {
    keep('here', undefined, { draft, at: 1 });
    let done = (_: boolean) => {};
    const over = handOver('here', undefined, new Promise((resolve) => (done = resolve)));
    expect(kept('here', undefined)).toBeUndefined();
    done(true);
    await over;
    expect(localStorage.length).toBe(0);
  });

  it('is found again if it could not be stored', async () => {
    keep('here', undefined, { draft, at: 1 });
    await handOver('here', undefined, Promise.resolve(false));
    expect(kept('here', undefined)?.at).toBe(1);
  });

  it('takes nothing from a page that was opened since', async () => {
    keep('here', undefined, { draft, at: 1 });
    let done = (_: boolean) => {};
    const over = handOver('here', undefined, new Promise((resolve) => (done = resolve)));
    keep('here', undefined, { draft, at: 2 });
    done(true);
    await over;
    expect(kept('here', undefined)?.at).toBe(2);
  });
});

describe('a new post', () => {
  const begins = (...channels: string[]) => firstChoice('here', 'me', channels);

  it('has no channel until one is chosen, unless there is only one', () => {
    expect(begins('brand', 'other')).toEqual([]);
    expect(begins('brand')).toEqual(['brand']);
    expect(begins()).toEqual([]);
  });

  it('begins with what this person chose last in this workspace', () => {
    keepChoice('here', 'me', ['one', 'two']);
    expect(begins('one', 'two', 'three')).toEqual(['one', 'two']);
    expect(firstChoice('there', 'me', ['one', 'two'])).toEqual([]);
    expect(firstChoice('here', 'you', ['one', 'two'])).toEqual([]);
  });

  it('leaves out channels that are gone, and does not take others in their place', () => {
    keepChoice('here', 'me', ['gone', 'two']);
    expect(begins('one', 'two', 'three')).toEqual(['two']);
    keepChoice('here', 'me', ['gone']);
    expect(begins('one', 'two')).toEqual([]);
  });

  it('begins without channels after all were removed', () => {
    keepChoice('here', 'me', ['one']);
    keepChoice('here', 'me', []);
    expect(begins('one', 'two')).toEqual([]);
  });
});
