import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { PagePostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { cx } from '@/design/cx';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { ButtonLink, PlainLink } from '@/design/Link';
import { Page, PageHeader } from '@/design/PageHeader';
import { SearchField } from '@/design/SearchField';
import { Option, Select } from '@/design/Select';
import { Skeleton } from '@/design/Skeleton';
import { zonePlace } from '@/design/zones';
import { ASKED_BY, countOf, GROUPS } from './model/list';
import { PostRow } from './PostRow';
import { useLater } from './useLater';

const route = getRouteApi('/inside/posts');
const ALL = 'all';

export function Posts() {
  return useMay('posts:read') ? <Open /> : <Forbidden permission="posts:read" />;
}

function Open() {
  const { t } = useTranslation('post');
  const mayWrite = useMay('posts:write');
  return (
    <Page>
      <PageHeader
        title={t('list.title')}
        actions={
          mayWrite && (
            <ButtonLink to="/compose/{-$post}" look="solid" icon="plus" className="max-md:hidden">
              {t('list.write')}
            </ButtonLink>
          )
        }
      />
      <Narrow />
      <Found />
    </Page>
  );
}

function Narrow() {
  const { t } = useTranslation('post');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const channels = useChannels().data ?? [];
  const { zone } = useWorkspace();
  const counts = query.useQuery('get', '/v1/posts/counts').data;
  const [words, setWords] = useLater(search.q ?? '', (q) =>
    navigate({ search: (known) => ({ ...known, q: q || undefined }), replace: true }),
  );
  return (
    <div className="flex flex-col gap-3">
      <nav aria-label={t('list.states')} className="-mx-4 overflow-x-auto px-4 [scrollbar-width:none]">
        <ul className="flex gap-1">
          {GROUPS.map((group) => {
            const isChosen = (search.state ?? 'all') === group;
            const count = counts && group !== 'all' ? countOf(counts, group) : 0;
            // Where no one hands in, there is nothing to choose.
            if (group === 'in_review' && count === 0 && !isChosen) return null;
            return (
              <li key={group}>
                <PlainLink
                  to="/posts"
                  search={{ ...search, state: group === 'all' ? undefined : group }}
                  aria-current={isChosen ? 'true' : undefined}
                  className={cx(
                    'control-small flex items-center gap-1.5 rounded-full border px-3 text-body font-medium whitespace-nowrap transition-colors',
                    isChosen
                      ? 'border-brass bg-brass-tint text-ink'
                      : 'border-line bg-surface text-quiet data-hovered:text-ink',
                  )}
                >
                  {t(`group.${group}`)}
                  {count > 0 && (
                    <span
                      className={cx('tabular text-small', group === 'needs_you' && 'font-semibold text-state-needs')}
                    >
                      {count}
                      {counts?.whole === false && !['draft', 'in_review', 'needs_you'].includes(group) && '+'}
                    </span>
                  )}
                </PlainLink>
              </li>
            );
          })}
        </ul>
      </nav>
      <search className="flex flex-wrap items-end gap-2">
        <SearchField
          label={t('list.search')}
          value={words}
          onChange={setWords}
          maxLength={200}
          className="min-w-36 flex-1 sm:max-w-72"
        />
        {channels.length > 1 && (
          <Select
            aria-label={t('list.channel')}
            label=""
            className="w-38 sm:w-44 [&>label]:hidden"
            selectedKey={search.channel ?? ALL}
            onSelectionChange={(key) =>
              void navigate({
                search: (known) => ({ ...known, channel: key === ALL ? undefined : String(key) }),
                replace: true,
              })
            }
          >
            <Option id={ALL}>{t('list.allChannels')}</Option>
            {channels.map(({ id, name, handle }) => (
              <Option key={id} id={id} textValue={name}>
                <span className="truncate">{name}</span>
                <span slot="hint" className="truncate text-small text-quiet">
                  {handle}
                </span>
              </Option>
            ))}
          </Select>
        )}
        <p className="w-full text-small text-quiet sm:ml-auto sm:w-auto sm:self-center">
          {t('list.zone', { place: zonePlace(zone) })}
        </p>
      </search>
    </div>
  );
}

/** How many posts one request reads. */
const PAGE = 40;

function Found() {
  const { t } = useTranslation('post');
  const { state = 'all', channel, q } = route.useSearch();
  const asked = {
    limit: PAGE,
    ...ASKED_BY[state],
    ...(channel ? { channel } : {}),
    ...(q ? { q } : {}),
  };
  const read = useInfiniteQuery({
    queryKey: ['get', '/v1/posts', asked],
    queryFn: async ({ pageParam, signal }) => {
      const cursor = pageParam ? { cursor: pageParam } : {};
      const { data } = await api.GET('/v1/posts', { params: { query: { ...asked, ...cursor } }, signal });
      return data ?? { items: [] };
    },
    initialPageParam: '',
    getNextPageParam: (page: PagePostBody) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  // A search looks at so many posts at a time: what lies further back is asked for until there is something to show.
  const { hasNextPage, isFetching, fetchNextPage } = read;
  const found = read.data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0;
  useEffect(() => {
    if (found === 0 && hasNextPage && !isFetching) void fetchNextPage();
  }, [found, hasNextPage, isFetching, fetchNextPage]);
  if (read.error) return <ErrorState problem={read.error} onRetry={() => void read.refetch()} />;
  if (read.isPending || (found === 0 && hasNextPage)) return <Skeleton rows={8} />;
  const posts = read.data.pages.flatMap(({ items }) => items);
  if (posts.length === 0) return <Nothing />;
  return (
    <>
      <Card className="overflow-hidden">
        <ul aria-label={t('list.title')} className="divide-y divide-line">
          {posts.map((post) => (
            <PostRow key={post.id} post={post} />
          ))}
        </ul>
      </Card>
      {read.hasNextPage && (
        <Button
          look="quiet"
          className="self-center"
          isPending={read.isFetchingNextPage}
          onPress={() => void read.fetchNextPage()}
        >
          {t('list.more')}
        </Button>
      )}
    </>
  );
}

function Nothing() {
  const { t } = useTranslation('post');
  const { state = 'all', channel, q } = route.useSearch();
  const mayWrite = useMay('posts:write');
  if (q || channel) {
    return (
      <EmptyState
        icon="search"
        title={t('list.nothingFound')}
        action={
          <ButtonLink to="/posts" search={{ state: undefined, channel: undefined, q: undefined }}>
            {t('list.showAll')}
          </ButtonLink>
        }
      >
        {t('list.nothingFoundHint')}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={state === 'needs_you' ? 'check-circle' : 'draft'}
      title={t(`empty.${state}`)}
      action={
        mayWrite &&
        state !== 'needs_you' && (
          <ButtonLink to="/compose/{-$post}" look="solid" icon="plus">
            {t('list.write')}
          </ButtonLink>
        )
      }
    >
      {t(`emptyHint.${state}`)}
    </EmptyState>
  );
}
