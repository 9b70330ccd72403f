import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import { ButtonLink, PlainLink } from '@/design/Link';
import { NameMark } from '@/design/NameMark';
import { useTitle } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { Document } from './Document';
import { FIRST, PAGES, read } from './pages';

const route = getRouteApi('/help/{-$page}');
const GROUPS = ['use', 'platforms', 'run'] as const;
const TITLES = {
  'first-post': 'page.first-post',
  failures: 'page.failures',
  install: 'page.install',
  inventory: 'page.inventory',
  problems: 'page.problems',
} as const;

/** What a page is called: ours in both languages, a platform's by its name. */
function usePageTitle() {
  const { t } = useTranslation('help');
  return (slug: string) => (slug in TITLES ? t(TITLES[slug as keyof typeof TITLES]) : capital(slug));
}

function capital(slug: string): string {
  return slug.charAt(0).toUpperCase() + slug.slice(1);
}

/** The documents that come with the program, for everyone who can reach it: reading them takes no sign-in. */
export function Help() {
  const { t } = useTranslation('help');
  const { page: slug = FIRST } = route.useParams();
  const title = usePageTitle();
  useTitle(`${title(slug)} · ${t('title')}`);
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between gap-4 border-b border-line px-4 py-3 md:px-8">
        <NameMark />
        <ButtonLink to="/" small icon="chevron-left">
          {t('back')}
        </ButtonLink>
      </header>
      <div className="mx-auto grid w-full max-w-6xl gap-x-10 gap-y-6 px-4 py-6 md:px-8 lg:grid-cols-[14rem_minmax(0,1fr)]">
        <Contents chosen={slug} />
        <main className="min-w-0">
          <Opened slug={slug} />
        </main>
      </div>
    </div>
  );
}

function Contents({ chosen }: { chosen: string }) {
  const { t } = useTranslation('help');
  const title = usePageTitle();
  return (
    <nav
      aria-label={t('contents')}
      className="flex flex-wrap gap-x-8 gap-y-4 max-lg:order-last max-lg:border-t max-lg:border-line max-lg:pt-6 lg:flex-col"
    >
      {GROUPS.map((group) => (
        <div key={group} className="flex min-w-36 flex-col gap-1">
          <p className="px-2 text-small font-semibold text-quiet">{t(`group.${group}`)}</p>
          <ul>
            {PAGES.filter((page) => page.group === group).map(({ slug }) => (
              <li key={slug}>
                <PlainLink
                  to="/help/{-$page}"
                  params={{ page: slug }}
                  aria-current={slug === chosen ? 'page' : undefined}
                  className={cx(
                    'flex min-h-11 items-center px-2 data-hovered:bg-hover md:min-h-8',
                    slug === chosen ? 'bg-brass-tint font-medium' : 'text-quiet',
                  )}
                >
                  {title(slug)}
                </PlainLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Opened({ slug }: { slug: string }) {
  const { t, i18n } = useTranslation('help');
  const { language } = i18n;
  const page = useQuery({
    queryKey: ['help', slug, language],
    queryFn: async () => (await read(slug, language)) ?? null,
    networkMode: 'always',
    staleTime: Number.POSITIVE_INFINITY,
  });
  const anchor = location.hash.slice(1);
  useEffect(() => {
    if (page.data) document.getElementById(decodeURIComponent(anchor))?.scrollIntoView();
  }, [page.data, anchor]);
  if (page.error) return <ErrorState problem={page.error} onRetry={() => void page.refetch()} />;
  if (page.data === undefined) return <Skeleton rows={8} />;
  if (page.data === null) {
    return (
      <EmptyState
        isPage
        icon="search"
        title={t('gone')}
        action={
          <ButtonLink to="/help/{-$page}" params={{ page: FIRST }}>
            {t('first')}
          </ButtonLink>
        }
      >
        {t('goneHint')}
      </EmptyState>
    );
  }
  const { blocks, language: written } = page.data;
  const file = PAGES.find((one) => one.slug === slug)?.file ?? '';
  return (
    <article className="flex flex-col gap-4">
      {written !== language && <p className="text-small text-quiet">{t('english')}</p>}
      <div lang={written} className="flex flex-col gap-4">
        <Document blocks={blocks} file={file} />
      </div>
    </article>
  );
}
