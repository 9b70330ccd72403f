// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { TargetBody } from '@/api/schema';
import { startLanguage } from '@/app/language';
import { ChooseTargets } from './ChooseTargets';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces('connect');
});
afterEach(cleanup);

function target(name: string, more: Partial<TargetBody> = {}): TargetBody {
  return { key: name.toLowerCase(), name, handle: name, url: '', state: 'free', ...more };
}

async function shown(targets: TargetBody[]) {
  const onChoose = vi.fn();
  render(
    <Suspense>
      <ChooseTargets targets={targets} isPending={false} onChoose={onChoose} />
    </Suspense>,
  );
  await screen.findByRole('group', { name: 'Channels to connect' });
  return onChoose;
}

const box = (name: RegExp | string) => screen.getByRole('checkbox', { name });

it('connects the two of five pages that were ticked', async () => {
  const onChoose = await shown(['North', 'South', 'East', 'West', 'Quay'].map((name) => target(name)));
  expect(screen.getByRole('button', { name: 'Choose at least one channel' })).toHaveProperty('disabled', true);
  fireEvent.click(box('South'));
  fireEvent.click(box('Quay'));
  fireEvent.click(box('East'));
  fireEvent.click(box('East'));
  fireEvent.click(screen.getByRole('button', { name: 'Connect 2 channels' }));
  expect(onChoose).toHaveBeenCalledExactlyOnceWith(['south', 'quay']);
});

it('ticks all that can be connected, and says why the others cannot', async () => {
  const onChoose = await shown([
    target('North', { state: 'connected' }),
    target('South'),
    target('East'),
    target('West', { state: 'elsewhere', workspace: 'Client' }),
    target('Quay', { state: 'other_account', connected_by: 'bob' }),
  ]);
  expect(box(/North.*Already connected/s)).toHaveProperty('disabled', true);
  expect(box(/West.*Connected in the workspace “Client”/s)).toHaveProperty('disabled', true);
  fireEvent.click(box('All (2)'));
  fireEvent.click(screen.getByRole('button', { name: 'Connect 2 channels' }));
  expect(onChoose).toHaveBeenLastCalledWith(['south', 'east']);
  fireEvent.click(box(/Quay.*Connected by bob/s));
  fireEvent.click(screen.getByRole('button', { name: 'Connect 3 channels' }));
  expect(onChoose).toHaveBeenLastCalledWith(['south', 'east', 'quay']);
});

it('finds one page among many by its name', async () => {
  await shown(Array.from({ length: 20 }, (_, n) => target(`Page ${String(n)}`)));
  fireEvent.change(screen.getByRole('searchbox', { name: 'Search channels' }), { target: { value: 'page 13' } });
  expect(screen.getAllByRole('checkbox').length).toBe(1);
  expect(box('Page 13')).toBeDefined();
});
