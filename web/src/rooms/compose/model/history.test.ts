import { describe, expect, it } from 'vitest';
import {
  arrived,
  changeParts,
  chooseChannels,
  type Draft,
  emptyDraft,
  followAgain,
  partsOf,
  setOptions,
  targetOf,
} from './draft';
import { beginHistory, type History, record, redo, rewrite, spotOf, takeBack, undo } from './history';
import { inverse } from './inverse';
import { addAfter, emptyPart, mergeUp, movePart, removePart, splitPart, spread, updatePart } from './parts';

/** Numbers that look random and are the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const CHANNELS = ['one', 'two', 'three'];
const POLL = { options: ['Yes', 'No'], duration_minutes: 60 };

/** Any one thing that a person can do to a draft. */
function anyAct(draft: Draft, any: (below: number) => number): Draft {
  const whose = [undefined, ...draft.targets.map(({ channel }) => channel)][any(draft.targets.length + 1)];
  const parts = partsOf(draft, whose);
  const part = parts[any(parts.length)] ?? emptyPart();
  const file = { key: `f${any(1_000)}`, id: 'media_1' };
  const change = (what: Parameters<typeof changeParts>[2]) => changeParts(draft, whose, what);
  const acts: (() => Draft)[] = [
    () => change((all) => updatePart(all, part.key, { text: `${part.text}${'abc '[any(4)]}` })),
    () => change((all) => updatePart(all, part.key, { text: part.text.slice(0, -1) })),
    () => change((all) => updatePart(all, part.key, { text: 'Pasted. '.repeat(3) })),
    () => change((all) => addAfter(all, part.key)),
    () => change((all) => removePart(all, part.key)),
    () => change((all) => movePart(all, part.key, any(2) === 0 ? -1 : 1)),
    () => change((all) => mergeUp(all, part.key)),
    () => change((all) => splitPart(all, part.key, any(part.text.length + 1))),
    () => change((all) => spread(all, part.key, ['First.', 'Second.'])),
    () => change((all) => updatePart(all, part.key, { poll: POLL })),
    () => change((all) => updatePart(all, part.key, { quote: 'https://a.example/1' })),
    () => change((all) => updatePart(all, part.key, { media: [...part.media, file] })),
    () => change((all) => updatePart(all, part.key, { media: part.media.slice(1) })),
    () => chooseChannels(draft, CHANNELS.slice(any(3), 1 + any(3))),
    () => (whose ? followAgain(draft, whose) : draft),
    () => (whose ? setOptions(draft, whose, { language: `l${any(9)}` }) : draft),
  ];
  return acts[any(acts.length)]?.() ?? draft;
}

function written(text: string, channels = ['one', 'two']): Draft {
  return { ...emptyDraft(channels), parts: [{ ...emptyPart(), key: 'first', text }] };
}
const typed = (draft: Draft, text: string, whose?: string) =>
  changeParts(draft, whose, (parts) => updatePart(parts, partsOf(draft, whose)[0]?.key ?? '', { text }));
const texts = ({ now }: History, whose?: string) => partsOf(now, whose).map(({ text }) => text);

function all(history: History, step: (one: History) => History): History {
  const next = step(history);
  return next === history ? history : all(next, step);
}

describe('whatever was done', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))('can all be undone and redone (%i)', (seed) => {
    const any = numbers(seed);
    const first = written('Hello');
    let history = beginHistory(first);
    let at = 0;
    for (let acts = 0; acts < 120; acts += 1) {
      at += any(1_500);
      history = record(history, anyAct(history.now, any), at);
      // Going back and forth in the middle of it changes nothing.
      if (any(10) === 0) history = redo(undo(history));
    }
    const last = history.now;
    const start = all(history, undo);
    expect(start.now).toEqual(first);
    expect(all(start, redo).now).toEqual(last);
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed))('can be taken back by its notice (%i)', (seed) => {
    const any = numbers(seed);
    let before = written('Hello');
    for (let acts = 0; acts < 20; acts += 1) before = anyAct(before, any);
    const after = anyAct(before, any);
    expect(inverse(after, before, after)).toEqual(before);
  });
});

describe('undo', () => {
  it('takes a row of letters back at once, and a pause begins another', () => {
    const rows = [
      ['H', 90],
      ['He', 180],
      ['Hel', 270],
      ['Hello', 360],
      ['Hello ', 3_000],
      ['Hello y', 6_000],
      ['Hello yo', 9_000],
    ] as const;
    let history = beginHistory(written(''));
    for (const [text, at] of rows) history = record(history, typed(history.now, text), at);
    history = undo(undo(undo(history)));
    expect(texts(history)).toEqual(['Hello']);
    expect(texts(undo(history))).toEqual(['']);
  });

  it('keeps deleting and pasting apart from typing, and one text from another', () => {
    const history = ['a', 'ab', 'a', `a${'long '.repeat(9)}`].reduce(
      (now, text, place) => record(now, typed(now.now, text), place * 10),
      beginHistory(written('')),
    );
    expect(texts(undo(history))).toEqual(['a']);
    expect(texts(undo(undo(history)))).toEqual(['ab']);
    const own = record(
      record(beginHistory(written('a')), typed(written('a'), 'ab'), 0),
      typed(written('ab'), 'abc', 'one'),
      1,
    );
    expect(texts(undo(own), 'one')).toEqual(['ab']);
  });

  it('never goes behind the text that was opened', () => {
    const history = beginHistory(written('Stored before'));
    expect(undo(history)).toBe(history);
    const once = record(history, typed(history.now, 'Stored before!'), 0);
    expect(texts(all(once, undo))).toEqual(['Stored before']);
  });

  it('ends what could be redone once something else is done', () => {
    const one = undo(record(beginHistory(written('a')), written('b'), 0));
    const other = record(one, typed(one.now, 'c'), 5_000);
    expect(redo(other)).toBe(other);
  });

  it('brings a file back as it is by now, and not one that never arrived', () => {
    const file = { ...written('x'), parts: [{ ...emptyPart(), text: 'x', media: [{ key: 'f' }] }] };
    const gone = record(record(beginHistory(written('x')), file, 0), written('x'), 1);
    const here = undo(rewrite(gone, (draft) => arrived(draft, 'f', 'media_1')));
    expect(here.now.parts[0]?.media).toEqual([{ key: 'f', id: 'media_1' }]);
  });
});

describe('the undo of a notice', () => {
  const three = () => ({
    ...written('One'),
    parts: ['One', 'Two', 'Three'].map((text) => ({ ...emptyPart(), key: text, text })),
  });

  it('brings a part back to its place, and what was typed since stays', () => {
    const before = three();
    const after = changeParts(before, undefined, (parts) => removePart(parts, 'Two'));
    const since = typed(after, 'One, and more');
    const history = takeBack(record(record(beginHistory(before), after, 0), since, 1), before, after, 2);
    expect(texts(history)).toEqual(['One, and more', 'Two', 'Three']);
    expect(texts(undo(history))).toEqual(['One, and more', 'Three']);
  });

  it('is the same as undo when nothing was done since', () => {
    const before = three();
    const after = changeParts(before, undefined, (parts) => removePart(parts, 'One'));
    const history = takeBack(record(beginHistory(before), after, 0), before, after, 1);
    expect(history.now).toBe(before);
    expect(texts(redo(history))).toEqual(['Two', 'Three']);
  });

  it('gives a channel its own words back, whatever the others say by now', () => {
    const before = typed(written('For all'), 'Just here', 'one');
    const after = followAgain(before, 'one');
    const since = typed(after, 'For all of you');
    const back = inverse(since, before, after);
    expect(partsOf(back, 'one')[0]?.text).toBe('Just here');
    expect(partsOf(back, 'two')[0]?.text).toBe('For all of you');
  });

  it('lets a fixed channel follow again, unless it was edited since', () => {
    const before = written('Far too long');
    const after = typed(before, 'Short', 'one');
    expect(targetOf(inverse(typed(after, 'Longer still'), before, after), 'one')).not.toHaveProperty('own');
    const since = typed(after, 'Short and sweet', 'one');
    expect(partsOf(inverse(since, before, after), 'one')[0]?.text).toBe('Short and sweet');
  });

  it('brings channels back, and a file, a poll, a quote where they were', () => {
    const rich = {
      ...three(),
      parts: [
        { ...emptyPart(), text: 'Rich', poll: POLL, quote: 'https://a.example/1', media: [{ key: 'a' }, { key: 'b' }] },
      ],
    };
    const chosen = inverse(chooseChannels(rich, ['two']), rich, chooseChannels(rich, ['two']));
    expect(chosen.targets.map(({ channel }) => channel)).toEqual(['one', 'two']);
    const key = rich.parts[0]?.key ?? '';
    const bare = changeParts(rich, undefined, (parts) =>
      parts.map(({ poll: _, quote: __, ...part }) => ({ ...part, media: [{ key: 'b' }] })),
    );
    const since = changeParts(bare, undefined, (parts) => updatePart(parts, key, { text: 'Richer' }));
    expect(inverse(since, rich, bare).parts[0]).toEqual({ ...rich.parts[0], text: 'Richer' });
  });
});

describe('the cursor', () => {
  it('goes to the end of what came back', () => {
    const before = written('Hello there');
    expect(spotOf(typed(before, 'Hello'), before)).toEqual({ whose: undefined, part: 'first', at: 11 });
    expect(spotOf(typed(before, 'Hi there'), before)).toMatchObject({ at: 5 });
  });

  it('goes to the channel that it is about', () => {
    const before = written('Hello');
    expect(spotOf(before, typed(before, 'Hello you', 'two'))).toMatchObject({ whose: 'two', at: 9 });
    expect(spotOf(before, setOptions(before, 'one', { a: 1 }))).toMatchObject({ whose: 'one', part: undefined });
    expect(spotOf(before, before)).toBeUndefined();
  });
});
