import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import { Icon } from '@/design/Icon';
import { PlainLink } from '@/design/Link';
import { Page } from '@/design/PageHeader';
import { SETTINGS, type SettingsPlace } from './places';

/** Around the pages of Settings: a list of them at the left, or in a row above at phone width. */
export function Settings() {
  return (
    <Page className="gap-5 md:flex-row md:gap-10">
      <Places />
      <div className="flex min-w-0 max-w-3xl flex-1 flex-col gap-6">
        <Outlet />
      </div>
    </Page>
  );
}

function Places() {
  const { t } = useTranslation('settings');
  const { operator } = useMe();
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // At phone width the page at hand may be out of sight in its row.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is the reason to run, not what is read.
  useEffect(() => {
    const here = nav.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (here && nav.current) nav.current.scrollLeft = here.offsetLeft - 16;
  }, [path]);
  const groups = (['you', 'workspace', 'installation'] as const).filter(
    (group) => group !== 'installation' || operator,
  );
  return (
    <nav
      ref={nav}
      aria-label={t('title')}
      className="-mx-4 flex shrink-0 gap-1 overflow-x-auto border-b border-line px-4 [scrollbar-width:none] md:sticky md:top-7 md:mx-0 md:w-44 md:flex-col md:gap-5 md:self-start md:overflow-visible md:border-0 md:px-0"
    >
      {groups.map((group) => (
        <div key={group} className="contents md:flex md:flex-col md:gap-0.5">
          <h2 className="hidden px-2.5 pb-1 text-small font-medium text-faint md:block">{t(`group.${group}`)}</h2>
          {SETTINGS.filter((place) => place.group === group).map((place) => (
            <Place key={place.to} place={place} />
          ))}
        </div>
      ))}
    </nav>
  );
}

function Place({ place: { to, name, icon } }: { place: SettingsPlace }) {
  const { t } = useTranslation('settings');
  return (
    <PlainLink
      to={to}
      className="flex min-h-11 shrink-0 items-center gap-2.5 rounded-b-none! border-b-2 border-transparent px-2.5 text-body font-medium text-quiet transition-colors data-hovered:bg-hover data-hovered:text-ink md:min-h-9 md:rounded-control! md:border-0"
      activeProps={{ className: 'border-brass! text-ink! md:bg-hover', 'aria-current': 'page' }}
    >
      <Icon name={icon} className="hidden size-4.5 md:block" />
      {t(`nav.${name}`)}
    </PlainLink>
  );
}
