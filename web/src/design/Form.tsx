import { useMemo, useState } from 'react';
import { Form as AriaForm, type FormProps } from 'react-aria-components';

/**
 * A form whose fields say what the server found wrong with them until they are typed in. If that waited until the field is
 * left, the button would move away from under the pointer that is about to press it.
 */
export function Form({ validationErrors = {}, onSubmit, ...rest }: FormProps) {
  const [edited, setEdited] = useState<string[]>([]);
  const said = JSON.stringify(Object.entries(validationErrors).filter(([name]) => !edited.includes(name)));
  // Errors count as new ones when they come in a new object.
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
