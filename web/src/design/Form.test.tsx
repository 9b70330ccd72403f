// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startLanguage } from '@/app/language';
import { TextField } from './Field';
import { Form } from './Form';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
});
afterEach(cleanup);

const form = (errors: Record<string, string>) => (
  <Suspense>
    <Form validationErrors={errors} aria-label="Form">
      <TextField label="Name" name="name" />
      <TextField label="Address" name="address" />
      <button type="submit">Send</button>
    </Form>
  </Suspense>
);

it('goes to the first field that was refused, and stays where the person is when they go on typing', async () => {
  const { rerender } = render(form({}));
  await screen.findByRole('form');
  rerender(form({ address: 'This is no address.' }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Address')));
  expect(screen.getByText('This is no address.')).toBeDefined();
  screen.getByLabelText('Name').focus();
  rerender(form({ address: 'This is no address.' }));
  await new Promise((drawn) => requestAnimationFrame(drawn));
  expect(document.activeElement).toBe(screen.getByLabelText('Name'));
  rerender(form({}));
  rerender(form({ address: 'This is no address.' }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Address')));
});
