import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { AuditEventBody, ChannelBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { Switch } from '@/design/Choice';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { Link, PlainLink } from '@/design/Link';
import { PageHeader } from '@/design/PageHeader';
import { Option, Select } from '@/design/Select';
import { Skeleton } from '@/design/Skeleton';
import { List } from '@/design/Table';
import { When } from '@/design/When';
import { zoneWords } from '@/design/zones';
import { ChannelName } from '@/parts/ChannelName';
import { ABOUTS, actorKind, actWord, type Filter, fits, gathered, isAct, type Subject, subjectOf } from './audit';
import { ROLES } from './roles';

const PAGE = 100;
const EVERYTHING: Filter = { about: 'all', actor: 'all', refusedOnly: false };

/** Who did what in the workspace, latest first. Never what a post says, and no secrets. */
export function Audit() {
  const { t } = useTranslation('settings');
  const mayRead = useMay('audit:read');
  return mayRead ? (
    <>
      <PageHeader title={t('audit.title')} hint={t('audit.hint')} />
      <Events />
    </>
  ) : (
    <Forbidden permission="audit:read" />
  );
}

function useAudit() {
  return useInfiniteQuery({
    queryKey: ['get', '/v1/audit', 'pages'],
    queryFn: async ({ pageParam }) => {
      const cursor = pageParam ? { cursor: pageParam } : {};
      const { data } = await api.GET('/v1/audit', { params: { query: { limit: PAGE, ...cursor } } });
      return data ?? { items: [] };
    },
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }: { next_cursor?: string | null }) => next_cursor ?? undefined,
  });
}

function Events() {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  const [filter, setFilter] = useState(EVERYTHING);
  const audit = useAudit();
  const loaded = useMemo(
    () => (audit.data?.pages ?? []).flatMap(({ items }) => items as AuditEventBody[]),
    [audit.data],
  );
  const shown = loaded.filter((event) => fits(event, filter));
  const name = useActorNames();
  const channels = useChannels().data;
  if (audit.isPending) return <Skeleton rows={6} />;
  if (audit.error) return <ErrorState problem={audit.error} onRetry={() => void audit.refetch()} />;
  return (
    <div className="flex flex-col gap-4">
      <Filters filter={filter} onChange={setFilter} events={loaded} name={name} />
      <p role="status" className="text-small text-quiet">
        {shown.length === loaded.length
          ? t('audit.latest', { count: loaded.length })
          : t('audit.shown', { count: shown.length, loaded: loaded.length })}{' '}
        {t('audit.zone', { zone: zoneWords(zone) })}
      </p>
      {shown.length > 0 ? (
        <List label={t('audit.title')}>
          {gathered(shown).map((row) => (
            <Row key={row[0]?.seq} row={row} of={{ name, channels }} />
          ))}
        </List>
      ) : (
        <EmptyState icon="filter" title={t('audit.nothing')}>
          {audit.hasNextPage ? t('audit.nothingLoaded') : t('audit.nothingAtAll')}
        </EmptyState>
      )}
      {audit.hasNextPage && (
        <Button className="self-center" isPending={audit.isFetchingNextPage} onPress={() => void audit.fetchNextPage()}>
          {t('audit.older')}
        </Button>
      )}
    </div>
  );
}

interface Named {
  name: (id: string) => string;
  channels: ChannelBody[] | undefined;
}

/** Who an actor is, as far as that can be known: people who left are only ids in the audit. */
function useActorNames(): (actor: string) => string {
  const { t } = useTranslation('settings');
  const members = query.useQuery('get', '/v1/members').data?.items;
  const keys = query.useQuery('get', '/v1/keys', {}, { enabled: useMay('keys:manage') }).data?.items;
  return (actor) => {
    const kind = actorKind(actor);
    if (kind === 'system') return t('audit.actor.system');
    if (kind === 'key')
      return t('audit.actor.key', { name: keys?.find(({ id }) => id === actor)?.name ?? t('audit.actor.goneKey') });
    return members?.find(({ person }) => person === actor)?.name ?? t('audit.actor.gone');
  };
}

function Filters({
  filter,
  onChange,
  events,
  name,
}: {
  filter: Filter;
  onChange: (filter: Filter) => void;
  events: AuditEventBody[];
  name: (actor: string) => string;
}) {
  const { t } = useTranslation('settings');
  const actors = [...new Set(events.map(({ actor }) => (actorKind(actor) === 'system' ? 'system' : actor)))];
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <Select
        label={t('audit.about')}
        className="w-full sm:w-44"
        selectedKey={filter.about}
        onSelectionChange={(key) => onChange({ ...filter, about: ABOUTS.find((one) => one === key) ?? 'all' })}
      >
        <Option id="all">{t('audit.everything')}</Option>
        {ABOUTS.map((one) => (
          <Option key={one} id={one}>
            {t(`audit.of.${one}`)}
          </Option>
        ))}
      </Select>
      <Select
        label={t('audit.by')}
        className="w-full sm:w-52"
        selectedKey={filter.actor}
        onSelectionChange={(key) => onChange({ ...filter, actor: String(key ?? 'all') })}
      >
        <Option id="all">{t('audit.everybody')}</Option>
        {actors.map((actor) => (
          <Option key={actor} id={actor}>
            {actor === 'system' ? t('audit.actor.system') : name(actor)}
          </Option>
        ))}
      </Select>
      <Switch isSelected={filter.refusedOnly} onChange={(refusedOnly) => onChange({ ...filter, refusedOnly })}>
        {t('audit.refusedOnly')}
      </Switch>
    </div>
  );
}

/** One event, or many alike in a row: one line that says how many, and all of them when it is opened. */
function Row({ row, of }: { row: AuditEventBody[]; of: Named }) {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  const [first] = row;
  if (!first) return null;
  const actor = of.name(first.actor);
  if (row.length === 1) return <Event event={first} actor={actor} of={of} />;
  return (
    <li className="flex flex-col gap-0.5 px-4 py-3">
      <div className="grid gap-x-4 gap-y-0.5 sm:grid-cols-[9.5rem_1fr]">
        <When at={first.at} zone={zone} quietZone className="text-small text-quiet sm:pt-0.5" />
        <Words event={first} actor={actor}>
          <Badge tone="muted">{t('audit.times', { count: row.length })}</Badge>
        </Words>
      </div>
      <details>
        <summary className="py-3 text-small text-quiet sm:ml-[10.5rem] md:py-0.5">
          {t('audit.showAll', { count: row.length })}
        </summary>
        <ul className="-mx-4">
          {row.map((event) => (
            <Event key={event.seq} event={event} actor={actor} of={of} />
          ))}
        </ul>
      </details>
    </li>
  );
}

/** Who did what, and whether it was allowed. */
function Words({ event, actor, children }: { event: AuditEventBody; actor: string; children?: ReactNode }) {
  const { t } = useTranslation('settings');
  const { act, result } = event;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium">{actor}</span> {t(isAct(act) ? `act.${actWord(act)}` : 'act.other')}
      </span>
      {result === 'refused' && <Badge tone="failed">{t('audit.refused')}</Badge>}
      {children}
    </span>
  );
}

function Event({ event, actor, of }: { event: AuditEventBody; actor: string; of: Named }) {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  const { act, object, detail, at } = event;
  const more = Object.entries((detail ?? {}) as Record<string, unknown>);
  return (
    <li className="grid gap-x-4 gap-y-0.5 px-4 py-3 sm:grid-cols-[9.5rem_1fr]">
      <When at={at} zone={zone} quietZone className="text-small text-quiet sm:pt-0.5" />
      <div className="flex min-w-0 flex-col gap-0.5">
        <Words event={event} actor={actor} />
        <About subject={subjectOf(event)} of={of} />
        <details className="text-small text-quiet">
          <summary className="py-3 md:py-0.5">{t('audit.technical')}</summary>
          <span className="font-mono break-all">
            {[
              act,
              object,
              ...more.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
            ].join(' · ')}
          </span>
        </details>
      </div>
    </li>
  );
}

/** What it was about, by name, and the way there. */
function About({ subject: { post, channel, person, key, role }, of }: { subject: Subject; of: Named }) {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const known = channel && of.channels?.find(({ id }) => id === channel);
  const given = ROLES.find((one) => one === role);
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 empty:hidden">
      {known && (
        <PlainLink
          to="/channels/$channel"
          params={{ channel: known.id }}
          className="min-w-0 underline underline-offset-3"
        >
          <ChannelName channel={known} inline />
        </PlainLink>
      )}
      {channel && of.channels && !known && <span className="text-quiet">{t('audit.goneChannel')}</span>}
      {post && (
        <Link to="/posts/$post" params={{ post }}>
          {t('audit.seePost')}
        </Link>
      )}
      {person && <span className="wrap-anywhere">{of.name(person)}</span>}
      {key && <span className="wrap-anywhere">{of.name(key)}</span>}
      {given && <span className="text-quiet">{shell(`role.${given}`)}</span>}
    </span>
  );
}
