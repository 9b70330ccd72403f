import { Outlet, useRouter } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { I18nProvider, RouterProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Toasts } from '@/design/Toast';
import { locale } from './language';
import { OfflineBar } from './OfflineBar';
import { Waiting } from './Outcomes';
import { onSignedOut, queries } from './queries';

/** Around every page: the widgets' language and links, notifications, and the redirect when a session ends. */
export function Root() {
  const { i18n } = useTranslation();
  const router = useRouter();
  useEffect(
    () =>
      onSignedOut(() => {
        const { href, pathname } = router.state.location;
        if (OUTSIDE.some((path) => pathname.startsWith(path))) return;
        queries.clear();
        void router.navigate({ to: '/sign-in', search: { next: href } });
      }),
    [router],
  );
  return (
    <I18nProvider locale={locale(i18n.language)}>
      <RouterProvider navigate={(to) => void router.navigate({ to })}>
        <OfflineBar />
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
        <Toasts />
      </RouterProvider>
    </I18nProvider>
  );
}

/** Pages that need no sign-in. */
const OUTSIDE = ['/sign-in', '/setup', '/join', '/password', '/link'];
