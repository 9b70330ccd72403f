// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '@/api/problem';
import { useForm } from './Form';

afterEach(cleanup);

function Named({ act }: { act: (name: string) => Promise<unknown> }) {
  const { form, isPending, problem } = useForm((text) => act(text('name')));
  return (
    <form onSubmit={form.onSubmit}>
      <input name="name" defaultValue="Lena" />
      <output>{isPending ? 'pending' : (problem?.slug ?? 'idle')}</output>
      <p>{JSON.stringify(form.validationErrors)}</p>
      <button type="submit">Save</button>
    </form>
  );
}

const state = () => screen.getByRole('status').textContent;
const press = () => fireEvent.submit(screen.getByText('Save').closest('form') as HTMLFormElement);

test('a form sends what is typed, says that it is at work, and is ready again', async () => {
  let done = () => {};
  const act = vi.fn(() => new Promise<void>((go) => (done = go)));
  render(<Named act={act} />);
  press();
  expect(act).toHaveBeenCalledWith('Lena');
  expect(state()).toBe('pending');
  done();
  await waitFor(() => expect(state()).toBe('idle'));
});

test('what the server found wrong stands at its field until the next try', async () => {
  const wrong = new Problem({
    type: '/problems/validation-failed',
    errors: [{ pointer: '/name', detail: 'is taken' }],
  } as never);
  const act = vi.fn().mockRejectedValueOnce(wrong).mockResolvedValueOnce(undefined);
  render(<Named act={act} />);
  press();
  await waitFor(() => expect(state()).toBe('validation-failed'));
  expect(screen.getByText(/is taken/)).toBeDefined();
  press();
  await waitFor(() => expect(state()).toBe('idle'));
});

test('declining to confirm the identity shows no error', async () => {
  render(<Named act={() => Promise.reject(new Problem({ type: '/problems/confirm-identity' } as never))} />);
  press();
  await waitFor(() => expect(state()).toBe('idle'));
});
