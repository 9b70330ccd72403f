import { describe, expect, it } from 'vitest';
import {
  arrived,
  bodyOf,
  changeParts,
  chooseChannels,
  type Draft,
  draftOf,
  emptyDraft,
  followAgain,
  partsOf,
  printOf,
  setOptions,
} from './draft';
import { addAfter, emptyPart, mergeUp, movePart, removePart, splitPart, spread, updatePart } from './parts';

function written(text: string, channels = ['one', 'two']): Draft {
  const draft = emptyDraft(channels);
  return changeParts(draft, undefined, (parts) => updatePart(parts, parts[0]?.key ?? '', { text }));
}

const texts = (draft: Draft, whose?: string) => partsOf(draft, whose).map((part) => part.text);
const key = (draft: Draft, place: number) => partsOf(draft, undefined)[place]?.key ?? '';

describe('a channel', () => {
  it('follows the shared text until it is edited', () => {
    const draft = written('Hello');
    expect(texts(draft, 'one')).toEqual(['Hello']);
    const edited = changeParts(draft, 'one', (parts) => updatePart(parts, parts[0]?.key ?? '', { text: 'Hi' }));
    expect(texts(edited, 'one')).toEqual(['Hi']);
    expect(texts(edited, 'two')).toEqual(['Hello']);
    expect(texts(edited)).toEqual(['Hello']);
  });

  it('follows again when asked to', () => {
    const edited = changeParts(written('Hello'), 'one', () => [{ ...emptyPart(), text: 'Hi' }]);
    expect(texts(followAgain(edited, 'one'), 'one')).toEqual(['Hello']);
  });

  it('says what it said when it is taken away and chosen again', () => {
    const own = changeParts(setOptions(written('Hello'), 'one', { sensitive: true }), 'one', () => [
      { ...emptyPart(), text: 'Hi' },
    ]);
    const back = chooseChannels(chooseChannels(own, ['two']), ['two', 'one']);
    expect(texts(back, 'one')).toEqual(['Hi']);
    expect(back.targets.map(({ channel }) => channel)).toEqual(['two', 'one']);
    expect(back.targets[1]?.options).toEqual({ sensitive: true });
  });
});

describe('parts', () => {
  it('are cut where the cursor stands and put together again', () => {
    const draft = written('One two');
    const cut = changeParts(draft, undefined, (parts) => splitPart(parts, key(draft, 0), 3));
    expect(texts(cut)).toEqual(['One', 'two']);
    const merged = changeParts(cut, undefined, (parts) => mergeUp(parts, parts[1]?.key ?? ''));
    expect(texts(merged)).toEqual(['One\n\ntwo']);
  });

  it('move, and stay where they are at the end', () => {
    const three = spread(written('x').parts, key(written('x'), 0), ['x']);
    const [first] = three;
    const parts = addAfter(addAfter(three, first?.key, { ...emptyPart(), text: 'y' }), undefined, {
      ...emptyPart(),
      text: 'z',
    });
    const last = parts[2]?.key ?? '';
    expect(movePart(parts, last, -1).map(({ text }) => text)).toEqual(['x', 'z', 'y']);
    expect(movePart(parts, last, 1)).toBe(parts);
  });

  it('always begin with the post itself', () => {
    const draft = changeParts(written('One'), undefined, (parts) => [...parts, { ...emptyPart('comment'), text: 'c' }]);
    const without = changeParts(draft, undefined, (parts) => removePart(parts, parts[0]?.key ?? ''));
    expect(partsOf(without, undefined)[0]).toMatchObject({ kind: 'post', text: 'c' });
    expect(
      partsOf(
        changeParts(without, undefined, () => []),
        undefined,
      ),
    ).toHaveLength(1);
  });
});

describe('what is sent', () => {
  it('leaves empty parts out', () => {
    const draft = changeParts(written('One'), undefined, (parts) => addAfter(parts, undefined));
    expect(bodyOf(draft)?.parts).toEqual([{ kind: 'post', text: 'One' }]);
  });

  it('is nothing as long as a channel would have no content', () => {
    expect(bodyOf(emptyDraft(['one']))).toBeUndefined();
    expect(bodyOf(changeParts(written('Hello'), 'one', () => []))).toBeUndefined();
  });

  it('needs no shared text when every channel has its own', () => {
    const own = (text: string) => () => [{ ...emptyPart(), text }];
    const one = changeParts(emptyDraft(['one', 'two']), 'one', own('Hi'));
    expect(bodyOf(one)).toBeUndefined();
    const both = changeParts(one, 'two', own('Ho'));
    expect(bodyOf(both)?.parts).toEqual([{ kind: 'post', text: 'Hi' }]);
    expect(bodyOf(both)?.channels[1]?.parts).toEqual([{ kind: 'post', text: 'Ho' }]);
  });

  it('waits for a file that is all a part has, and names it everywhere once it is here', () => {
    const file = { key: 'f' };
    const draft = changeParts(emptyDraft(['one']), undefined, () => [{ ...emptyPart(), media: [file] }]);
    const own = changeParts(draft, 'one', (parts) => parts);
    expect(bodyOf(own)).toBeUndefined();
    const body = bodyOf(arrived(own, 'f', 'media_1'));
    expect(body?.parts[0]?.media).toEqual([{ id: 'media_1' }]);
    expect(body?.channels[0]?.parts?.[0]?.media).toEqual([{ id: 'media_1' }]);
  });

  it('comes back as it went', () => {
    const draft = setOptions(
      changeParts(written('Hello'), 'two', () => [
        {
          ...emptyPart(),
          text: 'Own',
          quote: 'https://q.example/1',
          poll: { options: ['a', 'b'], duration_minutes: 60 },
        },
      ]),
      'one',
      { sensitive: true },
    );
    const body = bodyOf(draft);
    const variants = (body?.channels ?? []).map(({ channel, parts, options }) => ({
      id: channel,
      channel,
      own: Boolean(parts),
      parts: parts ?? body?.parts ?? [],
      options: options ?? {},
    }));
    expect(printOf(draftOf({ parts: body?.parts ?? [], variants }))).toBe(printOf(draft));
  });
});
