// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterContextProvider } from '@tanstack/react-router';
import { cleanup, render, screen } from '@testing-library/react';
import i18next from 'i18next';
import { Suspense } from 'react';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { query } from '@/api/client';
import type { ChannelBody, PostBody } from '@/api/schema';
import { startLanguage } from '@/app/language';
import { Outcome } from './Outcome';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose', 'design']);
});
afterEach(cleanup);

const CHANNEL = { id: 'one', name: 'Lena Vos', handle: 'lena', platform: 'x' } as ChannelBody;
const router = createRouter({ routeTree: createRootRoute(), history: createMemoryHistory() });

/** What became of a post that is published in nine seconds, or of which this is known. */
function show(given: {
  isStopped?: boolean;
  cancelled?: boolean;
  operator?: boolean;
  state?: string;
  detail?: string;
}) {
  const { isStopped = false, cancelled = false, operator = false, state = 'scheduled', detail } = given;
  const publication = { id: 'p', channel: 'one', state, due_at: new Date(Date.now() + 9_000).toISOString(), detail };
  // An earlier time that was unscheduled.
  const off = { ...publication, id: 'q', state: 'cancelled', due_at: new Date(Date.now() - 60_000).toISOString() };
  const publications = cancelled ? [off, publication] : [publication];
  const post = { id: 'post_1', state, publications, variants: [] } as unknown as PostBody;
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  const path = { params: { path: { post: 'post_1' } } };
  queries.setQueryData(query.queryOptions('get', '/v1/posts/{post}', path).queryKey, post);
  queries.setQueryData(query.queryOptions('get', '/v1/me', {}).queryKey, { id: 'me', operator } as never);
  queries.setQueryData(query.queryOptions('get', '/v1/me').queryKey, { id: 'me', operator } as never);
  queries.setQueryData(query.queryOptions('get', '/v1/platforms', {}).queryKey, [{ id: 'x', name: 'X' }] as never);
  render(
    <RouterContextProvider router={router}>
      <QueryClientProvider client={queries}>
        <Suspense>
          <Outcome
            post={post}
            channels={[CHANNEL]}
            zone="Etc/UTC"
            isNow
            isStopped={isStopped}
            onTakenBack={() => {}}
            onAnother={() => {}}
          />
        </Suspense>
      </QueryClientProvider>
    </RouterContextProvider>,
  );
}

const title = () => screen.getByRole('heading', { level: 1 }).textContent;

describe('with the emergency stop on', () => {
  it('no countdown is shown: nothing will be published', () => {
    show({ isStopped: true });
    expect(title()).toBe('Publishing is stopped');
    expect(document.body.textContent).not.toMatch(/in \d+ second/);
    expect(screen.getByText(/An operator of this installation can resume publishing/)).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Unschedule' })).toBeTruthy();
  });

  it('an operator has the way to resume', () => {
    show({ isStopped: true, operator: true });
    expect(screen.getByRole('link', { name: 'Resume publishing…' }).getAttribute('href')).toBe('/settings/instance');
  });

  it('what was published before is told as it is', () => {
    show({ isStopped: true, state: 'published' });
    expect(title()).toBe('Published');
  });
});

it('without it the seconds are counted', () => {
  show({});
  expect(title()).toMatch(/^Publishing in \d+ seconds?$/);
});

it('what was unscheduled before does not count', () => {
  show({ cancelled: true });
  expect(title()).toMatch(/^Publishing in \d+ seconds?$/);
});

it('the reason stands beside the channel that it is about, with the words of the network', () => {
  show({ state: 'failed', detail: 'X refused the post: “blocked phrase”.' });
  expect(screen.getByText('X refused the post: “blocked phrase”.')).toBeTruthy();
  expect(screen.getByText('lena · X')).toBeTruthy();
});
