/** A platform's options as form fields, from the JSON Schema that it tells. Pure. */
export type Field = {
  name: string;
  title: string;
  hint?: string;
  isRequired: boolean;
} & (
  | { kind: 'switch'; byDefault: boolean }
  | { kind: 'choice'; choices: Choice[]; byDefault?: string }
  | { kind: 'choices'; choices: Choice[]; max?: number }
  | { kind: 'list'; max?: number; pattern?: string; byDefault?: string[] }
  | { kind: 'text'; max?: number; isLong: boolean; pattern?: string; byDefault?: string; form: Form }
  | { kind: 'file'; kinds: string[] }
  | { kind: 'number'; min?: number; max?: number; isWhole: boolean; byDefault?: number }
  | { kind: 'group'; fields: Field[]; of: Schema }
  | { kind: 'groups'; of: Schema; max?: number }
);

/** The form of a text that a browser has a keyboard or a picker for. */
export type Form = 'text' | 'url' | 'email' | 'date' | 'time' | 'moment';

export interface Choice {
  /** The value as JSON, so that numbers and yes or no can be chosen, too. */
  id: string;
  value: unknown;
  /** Absent for yes and no, which are said in the language of the page. */
  title?: string;
  hint?: string;
}

export type Schema = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const object = (value: unknown): Schema =>
  value && typeof value === 'object' && !Array.isArray(value) ? (value as Schema) : {};

/** From here on a text wants several lines. */
const LONG = 200;
/** How deep references may lead; a schema that refers to itself has no end. */
const DEEP = 8;

/**
 * The fields of an object's schema in its order (`x-order`), those that must be said first. What it says in a way that is not known
 * here is left out. Where nothing is chosen, a language is the workspace's. `value` decides about fields that depend on
 * others (`dependentRequired`, `dependentSchemas`, `if`/`then`/`else`).
 */
export function fieldsOf(whole: unknown, language?: string, value: Schema = {}): Field[] {
  return fieldsIn(merged(object(whole), object(whole), value), object(whole), language);
}

function fieldsIn(of: Schema, root: Schema, language?: string): Field[] {
  const required = list(of.required);
  const order = list(of['x-order']);
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const fields = Object.entries(object(of.properties)).flatMap(([name, property]) => {
    const inside = plain(object(property), root);
    const field = fieldOf(name, inside, required.includes(name), root);
    return field ? [withLanguage(field, inside, language)] : [];
  });
  return fields.sort(
    (one, other) => Number(other.isRequired) - Number(one.isRequired) || place(one.name) - place(other.name),
  );
}

/** A schema with what it refers to within the document, and without `null` as one of several types. */
function plain(of: Schema, root: Schema, depth = 0): Schema {
  const reference = text(of.$ref);
  const { $ref: _, allOf, ...own } = of;
  const all = list(allOf).map((one) => plain(object(one), root, depth + 1));
  const found = reference?.startsWith('#/') && depth < DEEP ? plain(at(root, reference), root, depth + 1) : {};
  const whole = Object.assign({}, found, ...all, own) as Schema;
  const branches = list(whole.anyOf ?? whole.oneOf).filter((one) => object(one).type !== 'null');
  const isMaybe = branches.length < list(whole.anyOf ?? whole.oneOf).length;
  if (isMaybe && branches.length === 1) {
    const { anyOf: _, oneOf: __, ...rest } = whole;
    return { ...plain(object(branches[0]), root, depth + 1), ...rest };
  }
  const types = list(whole.type).filter((type) => type !== 'null');
  return types.length === 1 ? { ...whole, type: types[0] } : whole;
}

function at(root: Schema, reference: string): Schema {
  const steps = reference.slice(2).split('/');
  return steps.reduce((place: Schema, step) => object(place[step.replace(/~1/g, '/').replace(/~0/g, '~')]), root);
}

/** What holds for an object of which so much is said. */
function merged(of: Schema, root: Schema, value: Schema, depth = 0): Schema {
  const here = plain(of, root);
  if (depth > DEEP) return here;
  const isSet = (name: string) => value[name] !== undefined;
  const asked = Object.entries(object(here.dependentRequired)).flatMap(([name, others]) =>
    isSet(name) ? list(others) : [],
  );
  const more = Object.entries(object(here.dependentSchemas)).flatMap(([name, also]) => (isSet(name) ? [also] : []));
  if (here.if !== undefined) more.push(fits(value, object(here.if), root) ? here.then : here.else);
  more.push(...list(of.allOf).filter((one) => object(one).if !== undefined));
  const all = more.map((one) => merged(object(one), root, value, depth + 1));
  return {
    ...here,
    properties: all.reduce((known, one) => joined(known, object(one.properties)), object(here.properties)),
    required: [...list(here.required), ...asked, ...all.flatMap((one) => list(one.required))],
  };
}

/** Properties said twice are one, with what each time was said of it. */
function joined(one: Schema, other: Schema): Schema {
  const both = Object.entries(other).map(([name, said]) => [name, { ...object(one[name]), ...object(said) }] as const);
  return { ...one, ...Object.fromEntries(both) };
}

/** Whether a condition holds, as far as conditions of forms go: values, and what must be there. */
function fits(value: unknown, condition: Schema, root: Schema): boolean {
  const of = plain(condition, root);
  const same = (one: unknown) => JSON.stringify(one) === JSON.stringify(value);
  if ('const' in of && !same(of.const)) return false;
  if (Array.isArray(of.enum) && !of.enum.some(same)) return false;
  if (of.not !== undefined && fits(value, object(of.not), root)) return false;
  const inside = object(value);
  if (list(of.required).some((name) => inside[String(name)] === undefined)) return false;
  return Object.entries(object(of.properties)).every(
    ([name, said]) => inside[name] === undefined || fits(inside[name], object(said), root),
  );
}

function withLanguage(field: Field, of: Schema, language: string | undefined): Field {
  if (of['x-default'] !== 'workspace-language' || !language) return field;
  if (field.kind === 'list') return { ...field, byDefault: [language] };
  return field.kind === 'text' ? { ...field, byDefault: language } : field;
}

interface Said {
  name: string;
  title: string;
  hint?: string;
  isRequired: boolean;
}

function fieldOf(name: string, of: Schema, isRequired: boolean, root: Schema): Field | undefined {
  const hint = text(of.description);
  const said: Said = { name, title: text(of.title) ?? words(name), isRequired, ...(hint ? { hint } : {}) };
  const choices = choicesOf(of);
  if (choices.length > 0) return { ...said, kind: 'choice', choices, ...defaultChoice(of, choices) };
  switch (of.type) {
    case 'boolean':
      return booleanOf(said, of);
    case 'string':
      return of['x-media'] ? { ...said, kind: 'file', kinds: list(of['x-media']).map(String) } : textOf(said, of);
    case 'integer':
    case 'number':
      return { ...said, kind: 'number', isWhole: of.type === 'integer', ...bounds(of), ...given(number(of.default)) };
    case 'array':
      return arrayOf(said, of, root);
    case 'object':
      return { ...said, kind: 'group', fields: fieldsIn(of, root), of: { ...of, $defs: root.$defs } };
    default:
      return undefined;
  }
}

const given = <T>(byDefault: T | undefined) => (byDefault === undefined ? {} : { byDefault });

/** One that has no default has three answers: yes, no, and whatever the platform does if nothing is said. */
function booleanOf(said: Said, of: Schema): Field {
  if (typeof of.default === 'boolean' || said.isRequired) {
    return { ...said, kind: 'switch', byDefault: of.default === true };
  }
  const choices = [true, false].map((value) => ({ id: String(value), value }));
  return { ...said, kind: 'choice', choices };
}

const FORMS: Record<string, Form> = {
  uri: 'url',
  iri: 'url',
  email: 'email',
  date: 'date',
  time: 'time',
  'date-time': 'moment',
};

function textOf(said: Said, of: Schema): Field {
  const max = number(of.maxLength);
  const pattern = text(of.pattern);
  const form = FORMS[text(of.format) ?? ''] ?? (pattern?.startsWith('^https?://') ? 'url' : 'text');
  return {
    ...said,
    kind: 'text',
    form,
    isLong: form === 'text' && (max ?? 0) > LONG,
    ...(max === undefined ? {} : { max }),
    ...(pattern ? { pattern } : {}),
    ...given(text(of.default)),
  };
}

function bounds(of: Schema): { min?: number; max?: number } {
  const step = of.type === 'integer' ? 1 : 0;
  const above = number(of.exclusiveMinimum);
  const below = number(of.exclusiveMaximum);
  const min = number(of.minimum) ?? (above === undefined ? undefined : above + step);
  const max = number(of.maximum) ?? (below === undefined ? undefined : below - step);
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function arrayOf(said: Said, of: Schema, root: Schema): Field {
  const items = plain(object(of.items), root);
  const most = number(of.maxItems);
  const max = most === undefined ? {} : { max: most };
  const choices = choicesOf(items);
  if (choices.length > 0) return { ...said, kind: 'choices', choices, ...max };
  if (items.type === 'object') return { ...said, kind: 'groups', of: { ...items, $defs: root.$defs }, ...max };
  const pattern = text(items.pattern);
  return { ...said, kind: 'list', ...max, ...(pattern ? { pattern } : {}) };
}

function choicesOf(of: Schema): Choice[] {
  const titled = list(of.oneOf ?? of.anyOf).flatMap((one) => {
    const { const: value, title, description } = object(one);
    return value === undefined ? [] : [choice(value, text(title), text(description))];
  });
  return [...titled, ...list(of.enum).flatMap((value) => (value === null ? [] : [choice(value)]))];
}

function choice(value: unknown, title?: string, hint?: string): Choice {
  const named = title ?? (typeof value === 'boolean' ? undefined : words(String(value)));
  return { id: idOf(value), value, ...(named === undefined ? {} : { title: named }), ...(hint ? { hint } : {}) };
}

/** A value as the key of a choice. */
export function idOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function defaultChoice(of: Schema, choices: Choice[]): { byDefault?: string } {
  const found = of.default === undefined ? undefined : choices.find(({ id }) => id === idOf(of.default));
  return given(found?.id);
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
  if (field.kind === 'switch') return field.isRequired || value !== field.byDefault;
  if (field.kind === 'list' && field.byDefault) return String(value) !== String(field.byDefault);
  if (field.kind === 'choice' && field.byDefault !== undefined) return idOf(value) !== field.byDefault;
  if ((field.kind === 'number' || field.kind === 'text') && field.byDefault !== undefined) {
    return value !== field.byDefault;
  }
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** What is wrong with a number: which limit it breaks. */
export function outOf(field: Extract<Field, { kind: 'number' }>, value: unknown): 'min' | 'max' | 'whole' | undefined {
  if (typeof value !== 'number') return undefined;
  if (field.isWhole && !Number.isInteger(value)) return 'whole';
  if (field.min !== undefined && value < field.min) return 'min';
  return field.max !== undefined && value > field.max ? 'max' : undefined;
}

/** The issues of options by the path of their field; what is about an entry of a list is said of the list. */
export function errorAt(errors: Record<string, string>, path: string, isWhole: boolean): string | undefined {
  if (errors[path] !== undefined) return errors[path];
  if (!isWhole) return undefined;
  return Object.entries(errors).find(([at]) => at.startsWith(`${path}/`))?.[1];
}
