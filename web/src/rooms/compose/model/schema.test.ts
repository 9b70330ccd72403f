import { describe, expect, it } from 'vitest';
import { errorAt, type Field, fieldsOf, outOf, withOption, words } from './schema';

const whole = {
  type: 'object',
  required: ['card'],
  properties: {
    sensitive: { type: 'boolean', title: 'Hide media', default: false },
    open: { type: 'boolean', default: true },
    seen: { oneOf: [{ const: 'public', title: 'Public', description: 'Everyone' }, { const: 'direct' }] },
    reply: { type: 'string', enum: ['mentionedUsers', 'graphic-media'] },
    labels: { type: 'array', items: { enum: ['nudity'] }, maxItems: 2 },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 8 },
    warning: { type: 'string', maxLength: 5_000, description: 'Shown first.' },
    delay: { type: 'integer', minimum: 1, maximum: 9 },
    card: { type: 'object', required: ['uri'], properties: { uri: { type: 'string', pattern: '^https?://' } } },
    strange: { type: 'null' },
  },
};
const fields = fieldsOf(whole);
const field = (name: string) => {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe('a schema', () => {
  it('becomes fields of every kind that platforms use', () => {
    expect(fields.map(({ name, kind }) => `${name}:${kind}`)).toEqual([
      'card:group',
      'sensitive:switch',
      'open:switch',
      'seen:choice',
      'reply:choice',
      'labels:choices',
      'tags:list',
      'warning:text',
      'delay:number',
    ]);
    expect(field('card')).toMatchObject({ isRequired: true, fields: [{ kind: 'text', isRequired: true }] });
    expect(field('warning')).toMatchObject({ isLong: true, max: 5_000, hint: 'Shown first.' });
  });

  it('is shown in the order that it names, whatever the order of its members', () => {
    const plain = { type: 'boolean' };
    const properties = { again: plain, late: plain, must: plain, soon: plain };
    const names = (of: object) => fieldsOf({ type: 'object', properties, ...of }).map(({ name }) => name);
    expect(names({ 'x-order': ['soon', 'late', 'must'], required: ['must'] })).toEqual([
      'must',
      'soon',
      'late',
      'again',
    ]);
    expect(names({})).toEqual(['again', 'late', 'must', 'soon']);
  });

  it('asks for a file where the id of one is meant', () => {
    const cover = { type: 'string', 'x-media': ['image'] };
    expect(fieldsOf({ type: 'object', properties: { cover } })).toMatchObject([{ kind: 'file', kinds: ['image'] }]);
  });

  it('gives words to what has none', () => {
    expect(field('reply')).toMatchObject({ choices: [{ title: 'Mentioned users' }, { title: 'Graphic media' }] });
    expect(words('!no-unauthenticated')).toBe('No unauthenticated');
    expect(field('seen')).toMatchObject({ choices: [{ title: 'Public', hint: 'Everyone' }, { title: 'Direct' }] });
  });
});

describe('options', () => {
  it('say only what was chosen', () => {
    expect(withOption({}, field('sensitive'), true)).toEqual({ sensitive: true });
    expect(withOption({ sensitive: true }, field('sensitive'), false)).toEqual({});
    expect(withOption({}, field('open'), false)).toEqual({ open: false });
    expect(withOption({ tags: ['a'] }, field('tags'), [])).toEqual({});
    expect(withOption({ card: { uri: 'x' } }, field('card'), {})).toEqual({});
    expect(withOption({ seen: 'public' }, field('seen'), undefined)).toEqual({});
  });
});

describe('the language of a post', () => {
  const whole = {
    properties: { langs: { type: 'array', items: { type: 'string' }, 'x-default': 'workspace-language' } },
  };
  const [field] = fieldsOf(whole, 'nl');

  it('is the workspace’s unless another is chosen', () => {
    expect(field).toMatchObject({ kind: 'list', byDefault: ['nl'] });
    expect(fieldsOf(whole)[0]).not.toHaveProperty('byDefault');
  });

  it('is said when it differs, even if there is none', () => {
    if (!field) throw new Error('no field');
    expect(withOption({}, field, ['nl'])).toEqual({});
    expect(withOption({}, field, ['de'])).toEqual({ langs: ['de'] });
    expect(withOption({ langs: ['de'] }, field, [])).toEqual({ langs: [] });
  });
});

const only = (property: object, root: object = {}): Field => {
  const [field] = fieldsOf({ properties: { it: property }, ...root });
  if (!field) throw new Error('no field');
  return field;
};

describe('what schemas of other networks say', () => {
  it('is yes or no with a default as a box, and without one as a choice with a third answer', () => {
    expect(only({ type: 'boolean', default: true })).toMatchObject({ kind: 'switch', byDefault: true });
    const field = only({ type: 'boolean' });
    expect(field).toMatchObject({ kind: 'choice', choices: [{ value: true }, { value: false }] });
    expect(withOption({}, field, false)).toEqual({ it: false });
    expect(withOption({ it: false }, field, undefined)).toEqual({});
  });

  it('is one of several values of any type', () => {
    const field = only({ enum: [1, 2, 'auto', null], default: 2 });
    expect(field).toMatchObject({
      kind: 'choice',
      byDefault: '2',
      choices: [{ value: 1 }, { value: 2 }, { id: 'auto' }],
    });
    expect(withOption({}, field, 1)).toEqual({ it: 1 });
    expect(withOption({ it: 1 }, field, 2)).toEqual({});
  });

  it('is a text of a form that browsers know', () => {
    const form = (format: string) => (only({ type: 'string', format }) as { form?: string }).form;
    expect(['uri', 'date-time', 'date', 'email', 'strange'].map(form)).toEqual([
      'url',
      'moment',
      'date',
      'email',
      'text',
    ]);
  });

  it('is a number within limits', () => {
    const field = only({ type: 'integer', minimum: 1, exclusiveMaximum: 10, default: 3 }) as Field & { kind: 'number' };
    expect(field).toMatchObject({ kind: 'number', min: 1, max: 9, byDefault: 3 });
    expect([0, 10, 1.5, 5, undefined].map((value) => outOf(field, value))).toEqual([
      'min',
      'max',
      'whole',
      undefined,
      undefined,
    ]);
    expect(withOption({ it: 4 }, field, 3)).toEqual({});
  });

  it('may refer to a definition, be nothing, or be a list of things with fields', () => {
    const $defs = { Place: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } };
    expect(only({ $ref: '#/$defs/Place' }, { $defs })).toMatchObject({ kind: 'group', fields: [{ isRequired: true }] });
    expect(only({ type: ['string', 'null'] })).toMatchObject({ kind: 'text' });
    expect(only({ anyOf: [{ $ref: '#/$defs/Place' }, { type: 'null' }], title: 'Where' }, { $defs })).toMatchObject({
      kind: 'group',
      title: 'Where',
    });
    const many = only({ type: 'array', items: { $ref: '#/$defs/Place' }, maxItems: 3 }, { $defs });
    expect(many).toMatchObject({ kind: 'groups', max: 3 });
    expect(fieldsOf((many as { of: object }).of)).toMatchObject([{ name: 'id', kind: 'text' }]);
  });

  it('ends where it refers to itself', () => {
    const $defs = { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } };
    expect(() => only({ $ref: '#/$defs/Loop' }, { $defs: { Loop: { $ref: '#/$defs/Loop' } } })).toThrow('no field');
    expect($defs).toBeDefined();
  });
});

describe('fields that depend on others', () => {
  const whole = {
    properties: { paid: { type: 'boolean', default: false }, kind: { enum: ['reel', 'story'] } },
    dependentRequired: { kind: ['cover'] },
    dependentSchemas: { paid: { properties: { sponsor: { type: 'string' } }, required: ['sponsor'] } },
    if: { properties: { kind: { const: 'reel' } }, required: ['kind'] },
    // biome-ignore lint/suspicious/noThenProperty: it is a word of JSON Schema.
    then: { properties: { cover: { type: 'string', format: 'uri' } } },
    else: { properties: { note: { type: 'string' } } },
  };
  const names = (value: Record<string, unknown>) => fieldsOf(whole, undefined, value).map(({ name }) => name);

  it('are there once the others are said', () => {
    expect(names({})).toEqual(['paid', 'kind', 'note']);
    expect(names({ paid: true })).toEqual(['sponsor', 'paid', 'kind', 'note']);
    expect(names({ kind: 'reel' })).toEqual(['cover', 'paid', 'kind']);
    expect(names({ kind: 'story' })).toEqual(['paid', 'kind', 'note']);
  });
});

it('finds what is wrong with a field by its path, and says of a list what is wrong with an entry', () => {
  const errors = { 'langs/0': 'no language', 'card/uri': 'no address' };
  expect(errorAt(errors, 'langs', true)).toBe('no language');
  expect(errorAt(errors, 'card', false)).toBeUndefined();
  expect(errorAt(errors, 'card/uri', true)).toBe('no address');
  expect(errorAt(errors, 'lang', true)).toBeUndefined();
});
