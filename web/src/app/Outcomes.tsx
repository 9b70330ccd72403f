import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { Page, useTitle } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { queries } from './queries';

/** What stands in the place of a page that is being read. */
export function Waiting() {
  return (
    <Page>
      <Skeleton rows={5} />
    </Page>
  );
}

/** What stands in the place of a page that failed. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  async function again() {
    queries.removeQueries({ predicate: ({ state }) => state.status === 'error' });
    reset();
    await router.invalidate();
  }
  return (
    <Page narrow>
      <ErrorState problem={error} onRetry={() => void again()} />
    </Page>
  );
}

/** An address that leads nowhere. */
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
