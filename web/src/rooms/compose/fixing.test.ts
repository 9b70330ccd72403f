import { describe, expect, it } from 'vitest';
import type { MediaBody } from '@/api/schema';
import { mended } from './fixing';
import { emptyPart, type Part } from './model/parts';

const part = (given: Partial<Part>): Part => ({ ...emptyPart(), key: 'p', ...given });
const files = (...kinds: MediaBody['kind'][]) => kinds.map((kind, at) => ({ key: `f${at}`, id: `${kind}${at}` }));
const assets = new Map(
  ['image0', 'image1', 'video1', 'image2', 'image3'].map((id) => [id, { kind: id.replace(/\d/, '') } as MediaBody]),
);
const facts = { texts: [], assets };

describe('a fix', () => {
  it('puts in the place of a text that is too long what fits', () => {
    const long = [part({ text: 'One two three. Four five six.' })];
    const texts = ['One two three.', 'Four five six.'];
    const thread = mended(long, 'p', undefined, { kind: 'thread', part: 0, max: 20 }, { ...facts, texts });
    expect(thread.map((one) => one.text)).toEqual(texts);
    const shorter = { ...facts, texts: ['One two three.'] };
    const [short] = mended(long, 'p', undefined, { kind: 'shorten', part: 0, max: 20 }, shorter);
    expect(short?.text).toBe('One two three.');
  });

  it('leaves out the last files, or the one in question', () => {
    const media = files('image', 'image', 'image', 'image');
    const fewer = { kind: 'fewer-files', part: 0, from: 2, count: 2 } as const;
    expect(mended([part({ media })], 'p', undefined, fewer, facts)[0]?.media.map(({ key }) => key)).toEqual([
      'f0',
      'f1',
    ]);
    const drop = { kind: 'drop-file', part: 0, file: 1 } as const;
    expect(mended([part({ media })], 'p', 'f1', drop, facts)[0]?.media.map(({ key }) => key)).toEqual([
      'f0',
      'f2',
      'f3',
    ]);
  });

  it('moves files of another kind to a part of their own', () => {
    const media = files('image', 'video', 'image');
    const parts = mended([part({ media })], 'p', undefined, { kind: 'files-next', part: 0 }, facts);
    expect(parts.map((one) => one.media.map(({ key }) => key))).toEqual([['f0', 'f2'], ['f1']]);
  });

  it('takes a poll or a quote away', () => {
    const poll = { options: ['a', 'b'], duration_minutes: 60 };
    const [one] = mended([part({ poll, quote: 'q' })], 'p', undefined, { kind: 'drop', part: 0, field: 'poll' }, facts);
    expect(one).toMatchObject({ quote: 'q' });
    expect(one).not.toHaveProperty('poll');
  });
});
