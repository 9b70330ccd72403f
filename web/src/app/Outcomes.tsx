import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { Page, useTitle } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { useOnline } from './online';
import { queries } from './queries';

/** Shown while a page loads. */
export function Waiting() {
  return (
    <Page>
      <Skeleton rows={5} />
    </Page>
  );
}

/** Shown in place of a page that failed. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  async function again() {
    queries.removeQueries({ predicate: ({ state }) => state.status === 'error' });
    reset();
    await router.invalidate();
  }
  const isOffline = asProblem(error).slug === 'offline';
  const isOnline = useOnline();
  const wasOnline = useRef(isOnline);
  // What failed for want of a connection is read again when it is back.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the connection is a reason to try again.
  useEffect(() => {
    if (isOffline && isOnline && !wasOnline.current) void again();
    wasOnline.current = isOnline;
  }, [isOnline]);
  return (
    <Page narrow>
      <ErrorState problem={error} onRetry={() => void again()} />
    </Page>
  );
}

/** The page for unknown addresses. */
export function NotFound() {
  const { t } = useTranslation('shell');
  useTitle(t('notFound.title'));
  return (
    <main>
      <EmptyState
        isPage
        icon="search"
        title={t('notFound.title')}
        action={<ButtonLink to="/">{t('notFound.home')}</ButtonLink>}
      >
        {t('notFound.body')}
      </EmptyState>
    </main>
  );
}
