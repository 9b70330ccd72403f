// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense, useState } from 'react';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startLanguage } from '@/app/language';
import { SchemaForm } from './SchemaForm';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose', 'design']);
});
afterEach(cleanup);

const schema = {
  required: ['board'],
  properties: {
    board: { type: 'string', title: 'Board' },
    ad: { type: 'boolean', default: false, title: 'Paid partnership' },
    short: { type: 'boolean', title: 'Shorten links' },
    reply: { enum: ['everyone', 'mentionedUsers'], title: 'Who can reply' },
    rating: { enum: [1, 2, 3, 4, 5], title: 'Rating' },
    delay: { type: 'integer', minimum: 1, maximum: 9, title: 'Delay' },
    page: { type: 'string', format: 'uri', title: 'Page' },
    card: { type: 'object', title: 'Card', properties: { title: { type: 'string', title: 'Title' } } },
    credits: {
      type: 'array',
      title: 'Credits',
      items: { type: 'object', properties: { name: { type: 'string', title: 'Name' } } },
    },
  },
};

let said: Record<string, unknown> = {};
function Around({ errors = {}, warnings = {} }: Record<string, Record<string, string>>) {
  const [value, change] = useState<Record<string, unknown>>({});
  said = value;
  return (
    <Suspense>
      <SchemaForm
        schema={schema}
        language="en"
        value={value}
        onChange={change}
        errors={errors}
        warnings={warnings}
        idOf={(path) => `option-${path}`}
      />
    </Suspense>
  );
}

it('asks for yes or no with a box to tick, never with words', async () => {
  render(<Around />);
  const box = await screen.findByRole('checkbox', { name: 'Paid partnership' });
  fireEvent.click(box);
  expect(said).toEqual({ ad: true });
  fireEvent.click(box);
  expect(said).toEqual({});
  fireEvent.click(screen.getByRole('radio', { name: 'No' }));
  expect(said).toEqual({ short: false });
});

it('names choices in words, and stores the values of the schema', async () => {
  render(<Around />);
  fireEvent.click(await screen.findByRole('radio', { name: 'Mentioned users' }));
  expect(said).toEqual({ reply: 'mentionedUsers' });
  expect(screen.getByRole('button', { name: /Rating/ })).toBeDefined();
});

it('says at a number which limit it breaks, and keeps what is typed', async () => {
  render(<Around />);
  const field = await screen.findByLabelText('Delay');
  fireEvent.change(field, { target: { value: '12' } });
  expect(said).toEqual({ delay: 12 });
  expect(screen.getByText('Must be 9 or less')).toBeDefined();
  fireEvent.change(field, { target: { value: '-' } });
  expect((field as HTMLInputElement).value).toBe('-');
  expect(said).toEqual({});
});

it('adds and removes entries that have fields of their own', async () => {
  render(<Around />);
  fireEvent.click(await screen.findByRole('button', { name: 'Add' }));
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Ana' } });
  expect(said).toEqual({ credits: [{ name: 'Ana' }] });
  fireEvent.click(screen.getByRole('button', { name: 'Remove entry 1' }));
  expect(said).toEqual({});
});

it('shows what is wrong at the field itself, also inside of others', async () => {
  render(<Around errors={{ 'card/title': 'The card needs a title.', page: 'No address.' }} />);
  const title = await screen.findByLabelText('Title');
  expect(title.getAttribute('aria-invalid')).toBe('true');
  expect(document.getElementById('option-card/title')?.textContent).toContain('The card needs a title.');
  expect(screen.getByLabelText('Page').getAttribute('type')).toBe('url');
  expect(screen.getByLabelText('Page').getAttribute('aria-invalid')).toBe('true');
});

it('tells of a warning at the field without calling it wrong', async () => {
  render(<Around warnings={{ page: 'It will be left out.', 'card/title': 'Nobody sees it.' }} />);
  expect((await screen.findByLabelText('Page')).getAttribute('aria-invalid')).not.toBe('true');
  expect(document.getElementById('option-page')?.textContent).toContain('It will be left out.');
  expect(document.getElementById('option-card/title')?.textContent).toContain('Nobody sees it.');
  expect(screen.getByLabelText('Title').getAttribute('aria-invalid')).not.toBe('true');
});
