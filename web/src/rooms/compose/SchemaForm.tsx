import { useState } from 'react';
import { CheckboxGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '@/design/Button';
import { Checkbox, Radio, RadioGroup } from '@/design/Choice';
import { FieldLabel, FieldNotes, TextArea, TextField } from '@/design/Field';
import { Icon } from '@/design/Icon';
import { Option, Select } from '@/design/Select';
import { FileField } from './media/FileField';
import {
  type Choice,
  errorAt,
  type Field,
  fieldsOf,
  idOf as keyOf,
  object,
  outOf,
  type Schema,
  withOption,
} from './model/schema';

interface Props {
  /** JSON Schema of an object. */
  schema: unknown;
  /** The language of what is written, where none is chosen. */
  language: string;
  value: Schema;
  onChange: (value: Schema) => void;
  /** What is wrong with a field, by its path: `tags`, or `card/title`. */
  errors: Record<string, string>;
  /** What to know about a field that is right, by its path. */
  warnings?: Record<string, string>;
  /** The id of a field's place on the page, by its path. */
  idOf: (path: string) => string;
}

/** A form drawn from a JSON Schema. */
export function SchemaForm({ schema, language, value, warnings = {}, ...rest }: Props) {
  return (
    <div className="flex flex-col gap-4">
      <Fields fields={fieldsOf(schema, language, value)} value={value} path="" warnings={warnings} {...rest} />
    </div>
  );
}

interface Many extends Omit<Props, 'schema' | 'language' | 'warnings'> {
  fields: Field[];
  warnings: Record<string, string>;
  /** Where they stand: empty at the top, else with a stroke at its end. */
  path: string;
}

function Fields({ fields, value, onChange, path, errors, warnings, idOf }: Many) {
  return fields.map((field) => {
    const here = `${path}${field.name}`;
    const hasFields = field.kind === 'group' || field.kind === 'groups';
    const warning = errorAt(errors, here, !hasFields) ? undefined : errorAt(warnings, here, !hasFields);
    return (
      <div key={field.name} id={idOf(here)}>
        <FieldOf
          field={field}
          value={value[field.name]}
          onChange={(next) => onChange(withOption(value, field, next))}
          path={here}
          errors={errors}
          warnings={warnings}
          idOf={idOf}
        />
        {warning && (
          <p className="mt-1 flex items-start gap-1.5 text-small text-quiet">
            <Icon name="info" className="mt-px size-4" />
            {warning}
          </p>
        )}
      </div>
    );
  });
}

interface One extends Pick<Many, 'errors' | 'warnings' | 'idOf'> {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
  path: string;
}

function FieldOf(props: One) {
  const { field, value, onChange, path, errors } = props;
  const error = errorAt(errors, path, field.kind !== 'group' && field.kind !== 'groups');
  const said = { label: field.title, error, ...(field.hint ? { hint: field.hint } : {}) };
  switch (field.kind) {
    case 'switch':
      return <CheckOf field={field} value={value} onChange={onChange} said={said} />;
    case 'choice':
      return <ChoiceOf field={field} value={value} onChange={onChange} said={said} />;
    case 'choices':
      return <ChoicesOf field={field} value={value} onChange={onChange} said={said} />;
    case 'list':
      return <ListOf field={field} value={value} onChange={onChange} said={said} />;
    case 'number':
      return <NumberOf field={field} value={value} onChange={onChange} said={said} />;
    case 'file':
      return <FileField {...said} kinds={field.kinds} value={String(value ?? '')} onChange={onChange} />;
    case 'group':
      return <GroupOf {...props} field={field} error={error} />;
    case 'groups':
      return <GroupsOf {...props} field={field} error={error} />;
    default:
      return <TextOf field={field} value={value} onChange={onChange} said={said} />;
  }
}

type Kind<K extends Field['kind']> = Extract<Field, { kind: K }>;
interface Of<K extends Field['kind']> {
  field: Kind<K>;
  value: unknown;
  onChange: (value: unknown) => void;
  said: { label: string; error: string | undefined; hint?: string };
}

/** Yes or no. It is saved with the post, so it is a box to tick and no switch that acts at once. */
function CheckOf({ field, value, onChange, said }: Of<'switch'>) {
  return (
    <div className="flex flex-col">
      <Checkbox
        isSelected={typeof value === 'boolean' ? value : field.byDefault}
        onChange={onChange}
        isInvalid={Boolean(said.error)}
        hint={said.error ? <span className="font-medium text-state-failed">{said.error}</span> : said.hint}
      >
        {said.label}
      </Checkbox>
    </div>
  );
}

const TYPES = {
  text: 'text',
  url: 'url',
  email: 'email',
  date: 'date',
  time: 'time',
  moment: 'datetime-local',
} as const;

function TextOf({ field, value, onChange, said }: Of<'text'>) {
  const about = {
    ...said,
    isRequired: field.isRequired,
    placeholder: field.byDefault ?? '',
  };
  const words = String(value ?? '');
  if (field.isLong) return <TextArea {...about} rows={2} value={words} onChange={onChange} />;
  if (field.form === 'moment') {
    return (
      <TextField {...about} type="datetime-local" value={localOf(words)} onChange={(at) => onChange(instantOf(at))} />
    );
  }
  return <TextField {...about} type={TYPES[field.form]} value={words} onChange={onChange} />;
}

/** An instant as a browser's field for local times has it, and back. What is no time stays empty. */
function localOf(instant: string): string {
  const at = new Date(instant);
  if (instant === '' || Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function instantOf(local: string): string | undefined {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

function NumberOf({ field, value, onChange, said }: Of<'number'>) {
  const { t } = useTranslation('compose');
  // What is typed may not be a number yet, such as a minus.
  const [typed, type] = useState<string>();
  const wrong = outOf(field, value);
  const { min, max } = field;
  const limits = wrong && t(`options.${wrong}`, { min, max });
  return (
    <TextField
      {...said}
      error={said.error ?? limits}
      isRequired={field.isRequired}
      placeholder={field.byDefault === undefined ? '' : String(field.byDefault)}
      inputMode={field.isWhole ? 'numeric' : 'decimal'}
      value={typed ?? (value === undefined ? '' : String(value))}
      onChange={(words) => {
        type(words);
        const said = Number(words.replace(',', '.'));
        onChange(words.trim() === '' || Number.isNaN(said) ? undefined : said);
      }}
      onBlur={() => type(undefined)}
    />
  );
}

const NOTHING = ' ';
/** So many choices stand side by side on the page; more are in a list that opens. */
const FEW = 4;

/** One of several: as many as can be seen at once, or in a list that opens. */
function ChoiceOf({ field, value, onChange, said }: Of<'choice'>) {
  const { t } = useTranslation('compose');
  const titleOf = ({ title, value: of }: Choice) => title ?? t(of === true ? 'options.yes' : 'options.no');
  const chosen = value === undefined ? (field.byDefault ?? NOTHING) : keyOf(value);
  const choose = (key: unknown) => onChange(field.choices.find(({ id }) => id === key)?.value);
  const mayBeNothing = !field.isRequired && field.byDefault === undefined;
  if (field.choices.length <= FEW) {
    return (
      <RadioGroup {...said} isRequired={field.isRequired} value={chosen} onChange={choose}>
        {mayBeNothing && <Radio value={NOTHING}>{t('options.unset')}</Radio>}
        {field.choices.map((one) => (
          <Radio key={one.id} value={one.id} hint={one.hint}>
            {titleOf(one)}
          </Radio>
        ))}
      </RadioGroup>
    );
  }
  return (
    <Select {...said} selectedKey={chosen} onSelectionChange={choose}>
      {mayBeNothing && (
        <Option id={NOTHING} textValue={t('options.unset')}>
          <span className="text-quiet">{t('options.unset')}</span>
        </Option>
      )}
      {field.choices.map((one) => (
        <Option key={one.id} id={one.id} textValue={titleOf(one)}>
          <span>{titleOf(one)}</span>
          {one.hint && (
            <span data-slot="hint" className="text-small text-quiet">
              {one.hint}
            </span>
          )}
        </Option>
      ))}
    </Select>
  );
}

function ChoicesOf({ field, value, onChange, said }: Of<'choices'>) {
  const { t } = useTranslation('compose');
  const chosen = Array.isArray(value) ? value.map(keyOf) : [];
  const isFull = field.max !== undefined && chosen.length >= field.max;
  return (
    <CheckboxGroup
      value={chosen}
      onChange={(keys) => onChange(field.choices.filter(({ id }) => keys.includes(id)).map(({ value: one }) => one))}
      isInvalid={Boolean(said.error)}
      className="flex flex-col gap-1"
    >
      <FieldLabel label={said.label} />
      <div className="flex flex-wrap gap-x-6">
        {field.choices.map(({ id, title, hint, value: of }) => (
          <Checkbox key={id} value={id} hint={hint} isDisabled={isFull && !chosen.includes(id)}>
            {title ?? t(of === true ? 'options.yes' : 'options.no')}
          </Checkbox>
        ))}
      </div>
      <FieldNotes hint={said.hint} error={said.error} />
    </CheckboxGroup>
  );
}

/** Words in a list: each is added with Enter or a comma and taken away by its button. */
function ListOf({ field, value, onChange, said }: Of<'list'>) {
  const { t } = useTranslation('compose');
  const [typed, type] = useState('');
  const list = Array.isArray(value) ? value.map(String) : (field.byDefault ?? []);
  const isFull = field.max !== undefined && list.length >= field.max;
  function add(words: string) {
    const added = words.trim();
    type('');
    if (added !== '' && !list.includes(added)) onChange([...list, added]);
  }
  return (
    <div className="flex flex-col gap-2">
      <TextField
        {...said}
        value={typed}
        isDisabled={isFull}
        onChange={(words) => (words.endsWith(',') ? add(words.slice(0, -1)) : type(words))}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add(typed);
        }}
        onBlur={() => add(typed)}
        placeholder={t('options.add')}
        {...(field.max === undefined ? {} : { trail: `${list.length} / ${field.max}` })}
      />
      {list.length > 0 && (
        <ul aria-label={said.label} className="flex flex-wrap gap-1.5">
          {list.map((one) => (
            <li key={one} className="flex items-center rounded-full border border-line bg-raised pl-3 text-body">
              <span className="max-w-60 truncate">{one}</span>
              <IconButton
                small
                icon="close"
                label={t('options.remove', { name: one })}
                onPress={() => onChange(list.filter((other) => other !== one))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

type InGroup<K extends 'group' | 'groups'> = Omit<One, 'field'> & { field: Kind<K>; error: string | undefined };

function GroupOf({ field, value, onChange, path, errors, warnings, idOf, error }: InGroup<'group'>) {
  const inside = object(value);
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-control border border-line p-3">
      <legend className="px-1 text-body font-medium">{field.title}</legend>
      {field.hint && <p className="text-small text-quiet">{field.hint}</p>}
      <Fields
        fields={fieldsOf(field.of, undefined, inside)}
        value={inside}
        onChange={onChange}
        path={`${path}/`}
        errors={errors}
        warnings={warnings}
        idOf={idOf}
      />
      {error && <p className="text-small font-medium text-state-failed">{error}</p>}
    </fieldset>
  );
}

/** A list whose entries have fields of their own. */
function GroupsOf({ field, value, onChange, path, errors, warnings, idOf, error }: InGroup<'groups'>) {
  const { t } = useTranslation('compose');
  const list = Array.isArray(value) ? value.map(object) : [];
  const isFull = field.max !== undefined && list.length >= field.max;
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-control border border-line p-3">
      <legend className="px-1 text-body font-medium">{field.title}</legend>
      {field.hint && <p className="text-small text-quiet">{field.hint}</p>}
      {list.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an entry is its place; it has no other name.
        <div key={place} className="flex items-start gap-2 border-b border-line pb-3">
          <div className="flex min-w-0 flex-1 flex-col gap-3">
            <Fields
              fields={fieldsOf(field.of, undefined, one)}
              value={one}
              onChange={(next) => onChange(list.map((other, at) => (at === place ? next : other)))}
              path={`${path}/${place}/`}
              errors={errors}
              warnings={warnings}
              idOf={idOf}
            />
          </div>
          <IconButton
            small
            icon="trash"
            label={t('options.removeEntry', { place: place + 1 })}
            onPress={() => onChange(list.filter((_, at) => at !== place))}
          />
        </div>
      ))}
      {error && <p className="text-small font-medium text-state-failed">{error}</p>}
      <Button small icon="plus" isDisabled={isFull} onPress={() => onChange([...list, {}])} className="self-start">
        {t('options.addEntry')}
      </Button>
    </fieldset>
  );
}
