// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import i18next from 'i18next';
import { type ReactNode, Suspense, useState } from 'react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { query } from '@/api/client';
import type { ChannelBody, PlatformBody } from '@/api/schema';
import { startLanguage } from '@/app/language';
import { answered, unanswered } from '@/app/online';
import { whenText } from '@/design/When';
import { type Composing, ComposingContext } from './context';
import { changeParts, type Draft, emptyDraft, targetOf } from './model/draft';
import { emptyPart, updatePart } from './model/parts';
import type { Saver } from './saving/saver';
import { useHistory } from './useHistory';
import type { usePublishing } from './usePublishing';
import { VariantTabs } from './VariantTabs';
import { Notice, Ways } from './Ways';
import { type Standing, standingOf } from './when/standing';

beforeAll(async () => {
  await startLanguage();
  await i18next.changeLanguage('en');
  await i18next.loadNamespaces(['compose', 'design']);
});
afterEach(cleanup);

const PLATFORMS = [
  { id: 'x', name: 'X' },
  { id: 'mastodon', name: 'Mastodon' },
] as PlatformBody[];
/** Two accounts of one name. */
const CHANNELS = [
  { id: 'one', name: 'Lena Vos', handle: 'lena', platform: 'x', state: 'active' },
  { id: 'two', name: 'Lena Vos', handle: 'lena@harbour.example', platform: 'mastodon', state: 'active' },
] as ChannelBody[];
const FAR = '2099-01-05T09:00';
/** The same in Amsterdam, as an instant. */
const AT = '2099-01-05T08:00:00Z';

let shown: Draft;

/** A piece of the composer with a draft that really changes. */
function Around({ draft: initial, children }: { draft: Draft; children: ReactNode }) {
  const history = useHistory(initial);
  const [whose, show] = useState<string>();
  const [queries] = useState(() => {
    const client = new QueryClient();
    client.setQueryData(query.queryOptions('get', '/v1/platforms', {}).queryKey, PLATFORMS);
    return client;
  });
  shown = history.draft;
  const composing = {
    ...history,
    whose,
    show,
    zone: 'Europe/Amsterdam',
    change: (change: Parameters<typeof changeParts>[2]) => history.apply((now) => changeParts(now, whose, change)),
    offerUndo: () => {},
    sending: new Map(),
    channels: CHANNELS,
    platforms: PLATFORMS,
    verdicts: { judged: undefined, isFresh: false, problem: undefined },
  } as unknown as Composing;
  return (
    <QueryClientProvider client={queries}>
      <Suspense>
        <ComposingContext value={composing}>{children}</ComposingContext>
      </Suspense>
    </QueryClientProvider>
  );
}

const publishing = (given: object = {}) =>
  ({ isPending: false, waiting: undefined, isQuestion: false, ...given }) as ReturnType<typeof usePublishing>;

const scheduled = (...times: string[]): Standing[] =>
  standingOf(
    {
      variants: times.map((_, place) => ({ channel: CHANNELS[place]?.id })),
      publications: times.map((due_at, place) => ({ channel: CHANNELS[place]?.id, due_at, state: 'scheduled' })),
    } as never,
    'Europe/Amsterdam',
  );

function ways(given: Partial<Parameters<typeof Ways>[0]>, channels = ['one', 'two']) {
  render(
    <Around draft={emptyDraft(channels)}>
      <Ways
        publishing={publishing()}
        state="clean"
        mayPublish
        isScheduled={false}
        standing={[]}
        planned={undefined}
        saver={{} as Saver}
        {...given}
      />
    </Around>,
  );
  return screen.queryAllByRole('button').map(({ textContent }) => textContent);
}

describe('the buttons say what they do', () => {
  it('now, and to how many channels', () => {
    expect(ways({})).toEqual(['Schedule…', 'Publish now · 2 channels']);
  });

  it('nothing about channels before one is chosen', () => {
    expect(ways({}, [])).toEqual(['Schedule…', 'Publish now']);
  });

  it('at the time of a free slot, on its channel', () => {
    const planned = { kind: 'time', local: FAR, zone: 'Europe/Amsterdam' } as const;
    expect(ways({ planned }, ['one'])).toEqual([`Schedule for ${whenText(AT, 'Europe/Amsterdam')} · 1 channel`]);
  });

  it('in the zone of the slot, where that is another one', () => {
    const planned = { kind: 'time', local: FAR, zone: 'America/New_York' } as const;
    expect(ways({ planned }, ['one'])[0]).toBe(
      `Schedule for ${whenText('2099-01-05T14:00:00Z', 'America/New_York')} New York · 1 channel`,
    );
  });

  it('what is scheduled is saved for its time, or with the times it has', () => {
    expect(ways({ isScheduled: true, standing: scheduled(AT, AT) })).toEqual([
      `Save for ${whenText(AT, 'Europe/Amsterdam')} · 2 channels`,
    ]);
    cleanup();
    expect(ways({ isScheduled: true, standing: scheduled(AT, '2099-01-06T08:00:00Z') })).toEqual(['Save changes']);
    cleanup();
    expect(ways({ isScheduled: true, standing: scheduled('2020-01-06T08:00:00Z') })).toEqual(['Save changes']);
  });

  it('who may not publish reads why there is no button', () => {
    expect(ways({ mayPublish: false, isScheduled: true })).toEqual([]);
    expect(screen.getByText(/This post is scheduled/)).toBeTruthy();
  });
});

describe('without a connection', () => {
  const asked = { plan: { kind: 'now' }, at: Date.parse('2030-01-01T09:00:00Z'), print: '' } as const;

  it('it says that nothing is published yet, and can be withdrawn', () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    unanswered();
    const giveUp = vi.fn();
    const waiting = publishing({ waiting: asked, giveUp });
    expect(ways({ publishing: waiting })).toEqual(['Don’t publish']);
    fireEvent.click(screen.getByRole('button'));
    expect(giveUp).toHaveBeenCalled();
    cleanup();
    render(
      <Around draft={emptyDraft()}>
        <Notice publishing={waiting} isStopped={false} />
      </Around>,
    );
    expect(screen.getByText(/Nothing is published yet/)).toBeTruthy();
    answered();
  });

  it('much later it asks before it does anything', () => {
    const waiting = publishing({ waiting: asked, isQuestion: true });
    expect(ways({ publishing: waiting })).toEqual(['Schedule…', 'Publish now · 2 channels']);
    cleanup();
    render(
      <Around draft={emptyDraft()}>
        <Notice publishing={waiting} isStopped={false} />
      </Around>,
    );
    expect(screen.getByText(/It isn’t published yet. Do you still want to\?/)).toBeTruthy();
    expect(screen.getByRole('button').textContent).toBe('No, keep as draft');
  });
});

it('with the emergency stop on it says so before anything is pressed', () => {
  render(
    <Around draft={emptyDraft()}>
      <Notice publishing={publishing()} isStopped />
    </Around>,
  );
  expect(screen.getByText(/^Publishing is stopped/)).toBeTruthy();
});

const own = changeParts(
  { ...emptyDraft(['one', 'two']), parts: [{ ...emptyPart(), key: 'p', text: 'Helo' }] },
  'one',
  (all) => updatePart(all, 'p', { text: 'Short' }),
);
function Page() {
  return (
    <Around draft={own}>
      <VariantTabs>
        <Correct />
      </VariantTabs>
    </Around>
  );
}
/** Corrects the shared text. */
function Correct() {
  return (
    <ComposingContext.Consumer>
      {(composing) => (
        <button type="button" onClick={() => composing?.change((all) => updatePart(all, 'p', { text: 'Hello' }))}>
          Correct
        </button>
      )}
    </ComposingContext.Consumer>
  );
}

describe('a channel with a text of its own', () => {
  const told = () => screen.getByText(/Changes here don’t reach this channel/).closest('[role=status]') as HTMLElement;

  it('is named when the shared text is corrected, and follows again at one press', () => {
    render(<Page />);
    expect(told().className).not.toContain('tint');
    fireEvent.click(screen.getByRole('button', { name: 'Correct' }));
    expect(told().className).toContain('tint');
    // Of two accounts of one name it is clear which is meant.
    const button = within(told()).getByRole('button', { name: 'Use this text for Lena Vos (lena, X)' });
    fireEvent.click(button);
    expect(targetOf(shown, 'one')).not.toHaveProperty('own');
    expect(shown.parts[0]?.text).toBe('Hello');
    expect(screen.queryByText(/Changes here/)).toBeNull();
  });

  it('who may write but not publish hands a draft in for review', () => {
    expect(ways({ mayPublish: false })).toEqual(['Hand in for review']);
  });
});
