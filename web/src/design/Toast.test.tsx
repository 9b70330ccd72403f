// @vitest-environment happy-dom
import { act, cleanup, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startLanguage } from '@/app/language';
import { Toasts, toast } from './Toast';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
});
const open: (() => void)[] = [];
afterEach(() => {
  act(() => open.splice(0).forEach((close) => close()));
  cleanup();
});

const show = (body: Parameters<typeof toast>[0]) => act(() => void open.push(toast(body)));
const shown = () => screen.queryAllByRole('alertdialog').map((one) => one.textContent?.replace('Undo', ''));
const undo = () => ({ label: 'Undo', onPress: vi.fn() });

async function start() {
  render(
    <Suspense>
      <Toasts />
    </Suspense>,
  );
}

test('one notice is shown at a time, the newest', async () => {
  await start();
  show({ title: 'Saved' });
  show({ title: 'Copied' });
  show({ title: 'Moved', action: undo() });
  expect(shown()).toEqual(['Moved']);
});

test('what can still be undone comes back when a newer notice is gone', async () => {
  await start();
  show({ title: 'Unscheduled', action: undo() });
  show({ title: 'Saved' });
  expect(shown()).toEqual(['Saved']);
  act(() => open.pop()?.());
  expect(shown()).toEqual(['Unscheduled']);
});

test('a notice about the same thing is replaced, and what failed stays until it is read', async () => {
  await start();
  show({ kind: 'failed', title: 'Not saved' });
  show({ title: 'Moved to Monday', alike: 'moved', action: undo() });
  show({ title: 'Moved to Tuesday', alike: 'moved', action: undo() });
  expect(shown()).toEqual(['Moved to Tuesday']);
  act(() => open.pop()?.());
  expect(shown()).toEqual(['Not saved']);
});
