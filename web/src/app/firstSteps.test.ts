import { expect, test } from 'vitest';
import { hasGoneOn, isLeft } from './firstSteps';

const NONE = {
  attention: 0,
  in_review: 0,
  cancelled: 0,
  deleted: 0,
  draft: 0,
  failed: 0,
  needs_you: 0,
  partly_published: 0,
  published: 0,
  publishing: 0,
  scheduled: 0,
  whole: true,
};

test('a scheduled post counts as a first post, a draft does not', () => {
  expect(hasGoneOn(NONE)).toBe(false);
  expect(hasGoneOn({ ...NONE, draft: 7 })).toBe(false);
  expect(hasGoneOn({ ...NONE, draft: 7, scheduled: 1 })).toBe(true);
  expect(hasGoneOn({ ...NONE, published: 1 })).toBe(true);
});

test('the first steps are shown only when known to be incomplete', () => {
  expect(isLeft({ channel: false, post: undefined })).toBe(true);
  expect(isLeft({ channel: true, post: false })).toBe(true);
  expect(isLeft({ channel: true, post: true })).toBe(false);
  expect(isLeft({ channel: undefined, post: undefined })).toBe(false);
  expect(isLeft({ channel: true, post: undefined })).toBe(false);
});
