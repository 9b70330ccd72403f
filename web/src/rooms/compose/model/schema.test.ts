import { describe, expect, it } from 'vitest';
import { fieldsOf, withOption, words } from './schema';

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

  it('is the workspace’s where nobody chose another', () => {
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
