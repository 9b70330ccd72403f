import { asProblem } from '@/api/problem';

/**
 * Some acts want a sign-in of the last 15 minutes. They are done inside {@link withIdentity}: if the server asks, the
 * person is asked for their password in a dialog (`ConfirmIdentity.tsx`), and the act is done then.
 */
export interface Question {
  answered: () => void;
  declined: () => void;
}

let question: Question | undefined;
const listeners = new Set<() => void>();

function put(next: Question | undefined): void {
  question = next;
  listeners.forEach((listener) => listener());
}

export function openQuestion(): Question | undefined {
  return question;
}

export function onQuestion(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function ask(): Promise<boolean> {
  return new Promise((done) => {
    const end = (yes: boolean) => () => {
      put(undefined);
      done(yes);
    };
    put({ answered: end(true), declined: end(false) });
  });
}

/**
 * `await withIdentity(() => api.POST('/v1/keys', { body }))`. If the person declines, the problem is thrown as it came.
 * @public
 */
export async function withIdentity<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (asProblem(error).slug !== 'confirm-identity' || !(await ask())) throw error;
    return act();
  }
}
