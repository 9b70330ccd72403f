import { useTranslation } from 'react-i18next';
import type { Field } from '@/api/schema';
import { Checkbox } from '@/design/Choice';
import { TextField } from '@/design/Field';

interface Props {
  fields: readonly Field[];
  /** What stands in a field at first, by its name. */
  known?: (name: string) => string;
}

/** What a platform wants to be told, as fields of a form: words, secrets, and what is answered with yes or no. */
export function Entries({ fields, known = () => '' }: Props) {
  const { t } = useTranslation('connect');
  return fields.map(({ name, label, example, secret, optional, input }) =>
    input === 'check' ? (
      <Checkbox key={name} name={name} value="yes">
        {label}
      </Checkbox>
    ) : (
      <TextField
        key={name}
        name={name}
        label={label}
        optional={optional}
        isRequired={!optional}
        defaultValue={known(name)}
        type={secret ? 'password' : 'text'}
        {...(example ? { hint: t('example', { example }) } : {})}
        autoComplete="off"
        spellCheck="false"
      />
    ),
  );
}
