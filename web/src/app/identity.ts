import { asProblem } from '@/api/problem';

/**
 * Some actions need a sign-in within the last 15 minutes. Run them inside {@link withIdentity}: if the server asks for
 * it, a dialog (`ConfirmIdentity.tsx`) asks for the password, and the action is repeated.
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
 * `await withIdentity(() => api.POST('/v1/keys', { body }))`. If the person cancels, the original problem is thrown.
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
