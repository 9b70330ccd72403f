import { expect, it } from 'vitest';
import type { Issue } from '@/api/schema';
import { placeOf } from '../model/issues';
import { remarksOf } from './remarks';
import { taken } from './taken';

const issue = (rule: Issue['rule'], pointer: string, rest: Partial<Issue> = {}) => {
  const whole: Issue = { severity: 'warning', rule, pointer, detail: rule, source: 'test', ...rest };
  return { issue: whole, place: placeOf(pointer) };
};
const rules = (...found: ReturnType<typeof issue>[]) => remarksOf([], found).map(({ rule }) => rule);

it('says beside a preview that an animation becomes still, that a poll is left out, and what a link loses', () => {
  expect(
    rules(
      issue('animation_still', '/parts/0/media/0'),
      issue('poll_unsupported', '/parts/0/poll', { severity: 'error' }),
      issue('images_too_many', '/parts/0/media', { severity: 'error', limit: 4, actual: 6 }),
    ),
  ).toEqual(['animation_still', 'poll_unsupported', 'images_too_many']);
});

it('says once what the reading and the verdict both say', () => {
  const both = issue('name_becomes_link', '/parts/0/text');
  expect(remarksOf([both.issue], [both])).toHaveLength(1);
});

it('says of an option once for the post what every part is read by', () => {
  const language = issue('language_invalid', '/options/language');
  expect(remarksOf([language.issue], [])).toEqual([]);
  expect(rules(language)).toEqual(['language_invalid']);
});

it('leaves out what is seen in the preview itself, or stands at the file', () => {
  const long = issue('text_too_long', '/parts/0/text', { severity: 'error', limit: 300, actual: 400 });
  expect(
    rules(long, issue('alt_missing', '/parts/0/media/0/alt'), issue('link_card_missing', '/parts/0/text')),
  ).toEqual([]);
});

const limits = (images: number, video: number, mixed_media = false) =>
  ({ images: { count_max: images }, video: { count_max: video }, mixed_media }) as Parameters<typeof taken>[1];
const isVideo = (file: string) => file.startsWith('v');

it.each([
  [['a', 'b', 'c', 'd', 'e'], limits(4, 1), ['a', 'b', 'c', 'd']],
  [['v1', 'v2'], limits(4, 1), ['v1']],
  [['a', 'v1', 'b'], limits(4, 1), ['a', 'b']],
  [['v1', 'a'], limits(4, 1), ['v1']],
  [['a', 'v1', 'b'], limits(4, 1, true), ['a', 'v1', 'b']],
  [['a'], { ...limits(4, 1), images: null } as Parameters<typeof taken>[1], []],
  [['a', 'b'], undefined, ['a', 'b']],
])('draws of %j only the files that the channel takes', (files, room, shown) => {
  expect(taken(files, room, isVideo)).toEqual(shown);
});
