import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { ButtonLink, PlainLink } from '@/design/Link';
import { NameMark, Sign } from '@/design/NameMark';
import { Toasts } from '@/design/Toast';
import { AttentionCount, useAttentionTitle } from '@/parts/Attention';
import { Account } from './Account';
import { isLeft, useFirstSteps } from './firstSteps';
import { onQuestion, openQuestion } from './identity';
import { isLanguage, setLanguage } from './language';
import { useLive } from './live';
import { COMPOSE, PLACES, type Place } from './navigation';
import { Waiting } from './Outcomes';
import { StopBanner } from './StopBanner';
import { useMay, useWorkspace } from './session';
import { useShortcuts } from './shortcuts';
import { WorkspaceSwitcher } from './WorkspaceSwitcher';
import { keepFiles } from './worker';

// Loaded when first opened, to keep the first visit light.
const ConfirmIdentity = lazy(() => import('./ConfirmIdentity').then((file) => ({ default: file.ConfirmIdentity })));
const ShortcutSheet = lazy(() => import('./ShortcutSheet').then((file) => ({ default: file.ShortcutSheet })));

/** Around every page of the workspace: header, navigation and account. */
export function Shell() {
  const { t } = useTranslation('shell');
  const workspace = useWorkspace();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const question = useSyncExternalStore(onQuestion, openQuestion);
  useLive(workspace.id);
  useAttentionTitle();
  useOwnLanguage();
  useEffect(() => void keepFiles(), []);
  useShortcuts(useCallback(() => setHelpOpen(true), []));
  const main = useRef<HTMLElement>(null);
  useFocusOnArrival(main);
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-control focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
      >
        {t('skip')}
      </a>
      <Side onHelp={() => setHelpOpen(true)} />
      <header className="flex h-14 items-center gap-1 border-b border-line bg-surface pr-1 pl-4 md:hidden">
        <Sign className="mr-1" />
        <div className="min-w-0 flex-1">
          <WorkspaceSwitcher />
        </div>
        <Account compact onHelp={() => setHelpOpen(true)} />
      </header>
      <main ref={main} id="main" tabIndex={-1} className="min-w-0 flex-1 pb-20 outline-none md:pb-0">
        <StopBanner />
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
      </main>
      <Bottom />
      <Toasts />
      <Suspense fallback={null}>
        {question && <ConfirmIdentity question={question} />}
        {isHelpOpen && <ShortcutSheet isOpen onOpenChange={setHelpOpen} />}
      </Suspense>
    </div>
  );
}

/** Applies the person's language on a new device. */
function useOwnLanguage(): void {
  const { language } = useMe();
  useEffect(() => {
    const own = language.slice(0, 2);
    if (isLanguage(own)) void setLanguage(own);
  }, [language]);
}

/** Moves the focus to the new page after navigation, for keyboards and screen readers. */
function useFocusOnArrival(main: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path triggers the effect but isn't read.
  useEffect(() => {
    if (first.current) first.current = false;
    else if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [path, main]);
}

function usePlaces(): Place[] {
  const mayRead = { 'posts:read': useMay('posts:read'), 'channels:read': useMay('channels:read') };
  const isStartLeft = isLeft(useFirstSteps());
  return PLACES.filter(({ name, needs }) => (!needs || mayRead[needs]) && (name !== 'start' || isStartLeft));
}

/** At the left: at a desk with words, on a tablet a rail of signs with their words under them. */
function Side({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation('shell');
  const mayWrite = useMay('posts:write');
  return (
    <header className="sticky top-0 hidden h-dvh w-21 shrink-0 flex-col gap-4 overflow-y-auto border-r border-line bg-surface px-1.5 py-4 md:flex lg:w-60 lg:px-3">
      <PlainLink to="/" className="self-center px-2 py-0.5 lg:self-start" aria-label={t('home')}>
        <NameMark className="max-lg:[&>span]:hidden" />
      </PlainLink>
      <WorkspaceSwitcher />
      {COMPOSE && mayWrite && (
        <ButtonLink
          to={COMPOSE}
          look="solid"
          icon="plus"
          wide
          aria-label={t('newPost')}
          className="max-lg:px-0! max-lg:[&>span]:hidden"
        >
          <span>{t('newPost')}</span>
        </ButtonLink>
      )}
      <nav aria-label={t('navigation')} className="flex flex-1 flex-col gap-0.5">
        {usePlaces().map((place) => (
          <PlainLink
            key={place.to}
            to={place.to}
            className="relative flex flex-col items-center gap-0.5 px-1 py-2 text-[0.6875rem] leading-3.5 font-medium text-quiet transition-colors data-hovered:bg-hover data-hovered:text-ink lg:h-9 lg:flex-row lg:gap-2.5 lg:px-2.5 lg:py-0 lg:text-body"
            activeProps={{ className: 'bg-hover text-ink!', 'aria-current': 'page' }}
          >
            <Icon name={place.icon} />
            <span className="lg:hidden">{t(`tab.${place.name}`)}</span>
            <span className="max-lg:hidden">{t(`nav.${place.name}`)}</span>
            {place.name === 'posts' && (
              <AttentionCount className="max-lg:absolute max-lg:top-0.5 max-lg:right-2.5 lg:ml-auto" />
            )}
          </PlainLink>
        ))}
      </nav>
      <Account onHelp={onHelp} />
    </header>
  );
}

function Bottom() {
  const { t } = useTranslation('shell');
  const mayWrite = useMay('posts:write');
  const shown = usePlaces();
  const half = Math.ceil(shown.length / 2);
  const tab = (place: Place) => (
    <PlainLink
      key={place.to}
      to={place.to}
      className="flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[0.6875rem] font-medium text-quiet"
      activeProps={{ className: 'text-accent!', 'aria-current': 'page' }}
    >
      <span className="flex items-center gap-1">
        <Icon name={place.icon} />
        {place.name === 'posts' && <AttentionCount className="h-4! min-w-4! px-1!" />}
      </span>
      <span className="max-w-full truncate">{t(`tab.${place.name}`)}</span>
    </PlainLink>
  );
  return (
    <nav
      aria-label={t('navigation')}
      className={cx(
        'fixed inset-x-0 bottom-0 z-30 flex items-center border-t border-line bg-surface px-1 pb-[env(safe-area-inset-bottom)] md:hidden',
        shown.length < 2 && !COMPOSE && 'hidden',
      )}
    >
      {shown.slice(0, half).map(tab)}
      {COMPOSE && mayWrite && (
        <PlainLink
          to={COMPOSE}
          aria-label={t('newPost')}
          className="mx-1 inline-flex size-12 shrink-0 items-center justify-center rounded-full bg-brass text-on-brass data-pressed:bg-brass-press"
        >
          <Icon name="plus" className="size-6" />
        </PlainLink>
      )}
      {shown.slice(half).map(tab)}
    </nav>
  );
}
