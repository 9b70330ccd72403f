import { describe, expect, it } from 'vitest';
import type { MediaBody } from '@/api/schema';
import { mend } from './fixing';
import { emptyPart, type Part } from './model/parts';
import { measure } from './model/text';

const part = (given: Partial<Part>): Part => ({ ...emptyPart(), key: 'p', ...given });
const files = (...kinds: MediaBody['kind'][]) => kinds.map((kind, at) => ({ key: `f${at}`, id: `${kind}${at}` }));
const assets = new Map(
  ['image0', 'image1', 'video1', 'image2', 'image3'].map((id) => [id, { kind: id.replace(/\d/, '') } as MediaBody]),
);
const facts = { over: 0, unit: 'graphemes', assets };

describe('a fix', () => {
  it('shortens by as much as the server says is too much, whatever it counts', () => {
    const text = 'The harbour at night, seen from the north bank, with one lit window in it.';
    const [short] = mend(
      [part({ text })],
      'p',
      undefined,
      { kind: 'shorten', part: 0, max: 300 },
      { ...facts, over: 20 },
    );
    expect(measure(short?.text ?? '', 'graphemes')).toBeLessThanOrEqual(measure(text, 'graphemes') - 20);
  });

  it('makes a thread of parts that fit', () => {
    const text = 'One two three. Four five six. Seven eight nine.';
    const fix = { kind: 'thread', part: 0, max: 20 } as const;
    const parts = mend([part({ text })], 'p', undefined, fix, { ...facts, over: 27 });
    expect(parts.map((one) => one.text)).toEqual(['One two three.', 'Four five six.', 'Seven eight nine.']);
  });

  it('leaves out the last files, or the one in question', () => {
    const media = files('image', 'image', 'image', 'image');
    const fewer = { kind: 'fewer-files', part: 0, from: 2, count: 2 } as const;
    expect(mend([part({ media })], 'p', undefined, fewer, facts)[0]?.media.map(({ key }) => key)).toEqual(['f0', 'f1']);
    const drop = { kind: 'drop-file', part: 0, file: 1 } as const;
    expect(mend([part({ media })], 'p', 'f1', drop, facts)[0]?.media.map(({ key }) => key)).toEqual(['f0', 'f2', 'f3']);
  });

  it('moves files of another kind to a part of their own', () => {
    const media = files('image', 'video', 'image');
    const parts = mend([part({ media })], 'p', undefined, { kind: 'files-next', part: 0 }, facts);
    expect(parts.map((one) => one.media.map(({ key }) => key))).toEqual([['f0', 'f2'], ['f1']]);
  });

  it('takes a poll or a quote away', () => {
    const poll = { options: ['a', 'b'], duration_minutes: 60 };
    const [one] = mend([part({ poll, quote: 'q' })], 'p', undefined, { kind: 'drop', part: 0, field: 'poll' }, facts);
    expect(one).toMatchObject({ quote: 'q' });
    expect(one).not.toHaveProperty('poll');
  });
});
