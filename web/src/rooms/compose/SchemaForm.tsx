import { useState } from 'react';
import { CheckboxGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { IconButton } from '@/design/Button';
import { Checkbox, Switch } from '@/design/Choice';
import { FieldLabel, FieldNotes, TextArea, TextField } from '@/design/Field';
import { Option, Select } from '@/design/Select';
import { type Field, fieldsOf, withOption } from './model/schema';

interface Props {
  /** JSON Schema of an object. */
  schema: unknown;
  /** The language of what is written, where none is chosen. */
  language: string;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  /** What is wrong with a field, by its name. */
  errors: Record<string, string>;
  /** The id of a field's place on the page. */
  idOf: (name: string) => string;
}

/** A form drawn from a JSON Schema. */
export function SchemaForm({ schema, language, value, onChange, errors, idOf }: Props) {
  return (
    <div className="flex flex-col gap-4">
      {fieldsOf(schema, language).map((field) => (
        <div key={field.name} id={idOf(field.name)}>
          <FieldOf
            field={field}
            value={value[field.name]}
            error={errors[field.name]}
            onChange={(next) => onChange(withOption(value, field, next))}
            idOf={idOf}
          />
        </div>
      ))}
    </div>
  );
}

interface One {
  field: Field;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
  idOf: (name: string) => string;
}

function FieldOf({ field, value, error, onChange, idOf }: One) {
  const said = { label: field.title, error, ...(field.hint ? { hint: field.hint } : {}) };
  switch (field.kind) {
    case 'switch':
      return (
        <Switch isSelected={typeof value === 'boolean' ? value : field.byDefault} onChange={onChange} hint={field.hint}>
          {field.title}
        </Switch>
      );
    case 'choice':
      return <ChoiceOf field={field} value={value} onChange={onChange} said={said} />;
    case 'choices':
      return <ChoicesOf field={field} value={value} onChange={onChange} said={said} />;
    case 'list':
      return <ListOf field={field} value={value} onChange={onChange} said={said} />;
    case 'number':
      return (
        <TextField
          {...said}
          inputMode={field.isWhole ? 'numeric' : 'decimal'}
          value={value === undefined ? '' : String(value)}
          onChange={(words) => onChange(words === '' || Number.isNaN(Number(words)) ? undefined : Number(words))}
        />
      );
    case 'group':
      return <GroupOf field={field} value={value} onChange={onChange} idOf={idOf} error={error} />;
    default:
      return field.isLong ? (
        <TextArea {...said} rows={2} value={String(value ?? '')} onChange={onChange} />
      ) : (
        <TextField {...said} value={String(value ?? field.byDefault ?? '')} onChange={onChange} />
      );
  }
}

type Kind<K extends Field['kind']> = Extract<Field, { kind: K }>;
interface Of<K extends Field['kind']> {
  field: Kind<K>;
  value: unknown;
  onChange: (value: unknown) => void;
  said: { label: string; error: string | undefined; hint?: string };
}

const NOTHING = ' ';

function ChoiceOf({ field, value, onChange, said }: Of<'choice'>) {
  const { t } = useTranslation('compose');
  return (
    <Select
      {...said}
      selectedKey={typeof value === 'string' ? value : NOTHING}
      onSelectionChange={(key) => onChange(key === NOTHING ? undefined : key)}
    >
      <Option id={NOTHING} textValue={t('options.unset')}>
        <span className="text-quiet">{t('options.unset')}</span>
      </Option>
      {field.choices.map(({ value: id, title, hint }) => (
        <Option key={id} id={id} textValue={title}>
          <span>{title}</span>
          {hint && (
            <span data-slot="hint" className="text-small text-quiet">
              {hint}
            </span>
          )}
        </Option>
      ))}
    </Select>
  );
}

function ChoicesOf({ field, value, onChange, said }: Of<'choices'>) {
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <CheckboxGroup value={chosen} onChange={onChange} isInvalid={Boolean(said.error)} className="flex flex-col gap-1">
      <FieldLabel label={said.label} />
      <div className="flex flex-wrap gap-x-6">
        {field.choices.map(({ value: id, title, hint }) => (
          <Checkbox key={id} value={id} hint={hint}>
            {title}
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

function GroupOf({ field, value, onChange, idOf, error }: Omit<Of<'group'>, 'said'> & Pick<One, 'idOf' | 'error'>) {
  const inside = value && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-control border border-line p-3">
      <legend className="px-1 text-body font-medium">{field.title}</legend>
      {field.hint && <p className="text-small text-quiet">{field.hint}</p>}
      {field.fields.map((one) => (
        <FieldOf
          key={one.name}
          field={one}
          value={inside[one.name]}
          error={undefined}
          onChange={(next) => onChange(withOption(inside, one, next))}
          idOf={idOf}
        />
      ))}
      {error && <p className="text-small font-medium text-state-failed">{error}</p>}
    </fieldset>
  );
}
