import { useMemo, useState } from 'react';
import { Form as AriaForm, type FormProps } from 'react-aria-components';

/**
 * A form whose fields show the server's errors until they are edited. Clearing them only on leaving the field would move
 * the button away just as it is pressed.
 */
export function Form({ validationErrors = {}, onSubmit, ...rest }: FormProps) {
  const [edited, setEdited] = useState<string[]>([]);
  const said = JSON.stringify(Object.entries(validationErrors).filter(([name]) => !edited.includes(name)));
  // A new object means new errors.
  const errors = useMemo(() => Object.fromEntries(JSON.parse(said) as [string, string][]), [said]);
  function typed(name: string | null) {
    if (name && !edited.includes(name)) setEdited([...edited, name]);
  }
  return (
    <div className="contents" onInput={(event) => typed((event.target as Element).getAttribute('name'))}>
      <AriaForm
        {...rest}
        validationErrors={errors}
        onSubmit={(event) => {
          setEdited([]);
          onSubmit?.(event);
        }}
      />
    </div>
  );
}
