import { expect, it } from 'vitest';
import { formingOptions } from './forms';

it('takes only the options on which the form of files depends', () => {
  const schema = { properties: { shape: { 'x-forms': true }, place: { type: 'string' } } };
  expect(formingOptions(schema, { shape: 'pad', place: '7', other: 1 })).toEqual({ shape: 'pad' });
  expect(formingOptions(undefined, { shape: 'pad' })).toEqual({});
});
