import { Outlet, useRouter } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { RouterProvider } from 'react-aria-components';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { useTranslation } from 'react-i18next';
import { useLocale } from './language';
import { OfflineBar } from './OfflineBar';
import { Waiting } from './Outcomes';
import { onSignedOut, queries } from './queries';
import { isOutside } from './session';
import { useStrayFiles } from './useStrayFiles';

/** Around every page: the widgets' language and links, notifications, and the redirect when a session ends. */
export function Root() {
  const { i18n } = useTranslation();
  const router = useRouter();
  useStrayFiles();
  useEffect(
    () =>
      onSignedOut(() => {
        const { href, pathname } = router.state.location;
        if (isOutside(pathname)) return;
        queries.clear();
        void router.navigate({ to: '/sign-in', search: { next: href } });
      }),
    [router],
  );
  return (
    <I18nProvider locale={useLocale(i18n.language)}>
      <RouterProvider navigate={(to) => void router.navigate({ to })}>
        <OfflineBar />
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
      </RouterProvider>
    </I18nProvider>
  );
}
