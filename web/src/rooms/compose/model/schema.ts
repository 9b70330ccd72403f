/** A platform's options as form fields, from the JSON Schema that it tells. Pure. */
export type Field = {
  name: string;
  title: string;
  hint?: string;
  isRequired: boolean;
} & (
  | { kind: 'switch'; byDefault: boolean }
  | { kind: 'choice'; choices: Choice[] }
  | { kind: 'choices'; choices: Choice[]; max?: number }
  | { kind: 'list'; max?: number; pattern?: string; byDefault?: string[] }
  | { kind: 'text'; max?: number; isLong: boolean; pattern?: string; byDefault?: string }
  | { kind: 'number'; min?: number; max?: number; isWhole: boolean }
  | { kind: 'group'; fields: Field[] }
);

export interface Choice {
  value: string;
  title: string;
  hint?: string;
}

type Schema = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
const schema = (value: unknown): Schema => (value && typeof value === 'object' ? (value as Schema) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** From here on a text wants several lines. */
const LONG = 200;

/**
 * The fields of an object's schema in its order, those that must be said first. What it says in a way that is not known
 * here is left out. Where nothing is chosen, a language is the workspace's.
 */
export function fieldsOf(whole: unknown, language?: string): Field[] {
  const required = list(schema(whole).required);
  const fields = Object.entries(schema(schema(whole).properties)).flatMap(([name, property]) => {
    const field = fieldOf(name, schema(property), required.includes(name));
    return field ? [withLanguage(field, schema(property), language)] : [];
  });
  return fields.sort((one, other) => Number(other.isRequired) - Number(one.isRequired));
}

function withLanguage(field: Field, of: Schema, language: string | undefined): Field {
  if (of['x-default'] !== 'workspace-language' || !language) return field;
  if (field.kind === 'list') return { ...field, byDefault: [language] };
  return field.kind === 'text' ? { ...field, byDefault: language } : field;
}

function fieldOf(name: string, of: Schema, isRequired: boolean): Field | undefined {
  const hint = text(of.description);
  const said = { name, title: text(of.title) ?? words(name), isRequired, ...(hint ? { hint } : {}) };
  const choices = choicesOf(of);
  if (choices.length > 0) return { ...said, kind: 'choice', choices };
  const max = number(of.maxLength);
  const pattern = text(of.pattern);
  switch (of.type) {
    case 'boolean':
      return { ...said, kind: 'switch', byDefault: of.default === true };
    case 'string':
      return {
        ...said,
        kind: 'text',
        isLong: (max ?? 0) > LONG,
        ...(max === undefined ? {} : { max }),
        ...(pattern ? { pattern } : {}),
      };
    case 'integer':
    case 'number':
      return { ...said, kind: 'number', isWhole: of.type === 'integer', ...bounds(of) };
    case 'array':
      return arrayOf(said, of);
    case 'object':
      return { ...said, kind: 'group', fields: fieldsOf(of) };
    default:
      return undefined;
  }
}

function bounds(of: Schema): { min?: number; max?: number } {
  const [min, max] = [number(of.minimum), number(of.maximum)];
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function arrayOf(said: { name: string; title: string; isRequired: boolean; hint?: string }, of: Schema): Field {
  const items = schema(of.items);
  const most = number(of.maxItems);
  const max = most === undefined ? {} : { max: most };
  const choices = choicesOf(items);
  if (choices.length > 0) return { ...said, kind: 'choices', choices, ...max };
  const pattern = text(items.pattern);
  return { ...said, kind: 'list', ...max, ...(pattern ? { pattern } : {}) };
}

function choicesOf(of: Schema): Choice[] {
  const named = list(of.oneOf).flatMap((one) => {
    const { const: value, title, description } = schema(one);
    const hint = text(description);
    return typeof value === 'string' ? [{ value, title: text(title) ?? words(value), ...(hint ? { hint } : {}) }] : [];
  });
  const plain = list(of.enum).flatMap((value) => (typeof value === 'string' ? [{ value, title: words(value) }] : []));
  return [...named, ...plain];
}

/** `mentionedUsers`, `graphic-media` and `reply_lists` as words, where a schema has none for them. */
export function words(name: string): string {
  const spaced = name
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[-_]+/g, ' ')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Options with one changed; what is as it would be anyway is left out, so that nothing is said that was not chosen. */
export function withOption(options: Schema, field: Field, value: unknown): Schema {
  const { [field.name]: _, ...rest } = options;
  return isSaid(field, value) ? { ...rest, [field.name]: value } : rest;
}

function isSaid(field: Field, value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (field.kind === 'switch') return value !== field.byDefault;
  if (field.kind === 'list' && field.byDefault) return String(value) !== String(field.byDefault);
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
