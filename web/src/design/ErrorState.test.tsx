// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { Problem } from '@/api/problem';
import { startLanguage } from '@/app/language';
import { ErrorState } from './ErrorState';

beforeAll(startLanguage);
afterEach(cleanup);

const problem = new Problem({
  type: '/problems/too-late',
  title: 'Too late for this',
  status: 409,
  detail: 'The post left at 09:30.',
  request_id: 'req_Bp5oNBzU',
});

function show(thrown: unknown, isLive?: 'live') {
  render(
    <Suspense>
      <ErrorState problem={thrown} {...(isLive ? { isLive } : {})} />
    </Suspense>,
  );
}

test('a failure says what happened, whether it is live, who can fix it, and its number', async () => {
  await i18next.changeLanguage('en');
  show(problem, 'live');
  const shown = await screen.findByRole('alert');
  for (const said of [
    'Too late for this',
    'The post left at 09:30.',
    'It’s live',
    'You can fix this',
    'req_Bp5oNBzU',
  ]) {
    expect(shown.textContent).toContain(said);
  }
});

test('a problem is shown in Dutch, except for the server’s detail', async () => {
  await i18next.changeLanguage('nl');
  show(problem);
  expect((await screen.findByRole('heading')).textContent).toBe('Hiervoor is het te laat');
});

test('a problem newer than the app is shown in the server’s words', async () => {
  await i18next.changeLanguage('nl');
  show(new Problem({ type: '/problems/brand-new', title: 'Something new', status: 409, remedy: 'Do this.' }));
  expect((await screen.findByRole('alert')).textContent).toContain('Something new');
});
