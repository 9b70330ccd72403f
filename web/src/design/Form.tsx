import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Form as AriaForm, type FormProps } from 'react-aria-components/Form';
import { asProblem, type Problem } from '@/api/problem';

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
  const place = useRef<HTMLDivElement>(null);
  // What was refused may be out of sight. A form forgets its errors when it is sent, so that each refusal comes anew.
  const refused = JSON.stringify(validationErrors);
  useEffect(() => {
    if (refused === '{}') return undefined;
    const drawn = requestAnimationFrame(() => showFirstError(place.current));
    return () => cancelAnimationFrame(drawn);
  }, [refused]);
  return (
    <div ref={place} className="contents" onInput={(event) => typed((event.target as Element).getAttribute('name'))}>
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

/** The keyboard goes to the first field that is wrong, and so does the page. */
function showFirstError(form: HTMLElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  const box = field?.matches('input, textarea, button') ? field : field?.querySelector<HTMLElement>('input, button');
  box?.focus({ preventScroll: true });
  box?.scrollIntoView({ block: 'center' });
}

/** One act at a time, with its problem for the page to show. `save` gives `true` when the act was done. */
export function useSaving() {
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function save(act: () => Promise<unknown>): Promise<boolean> {
    setPending(true);
    setProblem(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      const found = asProblem(error);
      // Someone who declined to confirm their identity knows that nothing was done.
      if (found.slug !== 'confirm-identity') setProblem(found);
      return false;
    } finally {
      setPending(false);
    }
  }
  return { save, isPending, problem, clear: () => setProblem(undefined) };
}

/**
 * A form that does one act with what is typed in it, read by the names of its fields. Spread `form` over a {@link Form},
 * show `problem` in it, and give `isPending` to its button.
 */
export function useForm(act: (text: (name: string) => string) => Promise<unknown>) {
  const { save, ...state } = useSaving();
  function onSubmit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const typed = new FormData(event.currentTarget);
    void save(() => act((name) => String(typed.get(name) ?? '')));
  }
  return { ...state, form: { validationErrors: state.problem?.fields ?? {}, onSubmit } };
}
