// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startLanguage } from '@/app/language';
import { Entries } from './Entries';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces('connect');
});
afterEach(cleanup);

const about = { secret: false, optional: true, example: '' };

it('asks for yes or no with a box to tick, and sends what the platform expects', async () => {
  render(
    <Suspense>
      <form aria-label="Form">
        <Entries
          fields={[
            { ...about, name: 'force_login', label: 'Sign in with another account', input: 'check' },
            { ...about, name: 'instance', label: 'Your instance', example: 'social.example', input: 'text' },
          ]}
        />
      </form>
    </Suspense>,
  );
  const form = (await screen.findByRole('form')) as HTMLFormElement;
  const sent = () => new FormData(form).get('force_login');
  expect(sent()).toBeNull();
  fireEvent.click(screen.getByRole('checkbox', { name: 'Sign in with another account' }));
  expect(sent()).toBe('yes');
  expect(screen.getByText('For example social.example')).toBeDefined();
});
