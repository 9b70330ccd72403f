import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChannels, useMe, usePlatforms } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { locale as localeOf } from '@/app/language';
import { useMay, useWorkspace } from '@/app/session';
import { useRoomKeys } from '@/app/shortcuts';
import { Button } from '@/design/Button';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { Page } from '@/design/PageHeader';
import { toast } from '@/design/Toast';
import { useNow } from '@/design/useNow';
import { usePhone } from '@/design/usePhone';
import { channelWords } from '@/parts/ChannelName';
import { DragGhost } from './DragGhost';
import { Elsewhere } from './Elsewhere';
import { FilterBar } from './FilterBar';
import { type Asked, Behind } from './More';
import { MoveBar } from './MoveBar';
import { beginAt, beginOfDay, composeSearch } from './model/begin';
import { draftEntries, filteredDrafts, undated } from './model/drafts';
import { byDay, type Entry, entriesOf, filtered, inTime } from './model/entries';
import { clockOf, isIn, rangeOf, today as todayOf, turned, type View, weekStart } from './model/range';
import { filtersOf, isFiltered, searchOf } from './model/search';
import { freeSlots } from './model/slots';
import { clockChanges, DAY_MS, dayOf, dayOfText, MINUTE_MS, textOfDay, Wall } from './model/wall';
import { momentWords } from './model/words';
import { QuickLook } from './QuickLook';
import { SeriesMove } from './SeriesMove';
import { type CalendarScope, CalendarScopeProvider } from './scope';
import { Toolbar, ZoneNote } from './Toolbar';
import { Undated } from './Undated';
import { useAuthors, useFresh, useItems, useSlots } from './useCalendarData';
import { useDrag } from './useDrag';
import { useEntryLabel } from './useEntryLabel';
import { useMoving } from './useMoving';
import { useRoving } from './useRoving';
import { useSeriesMates } from './useSeriesMates';
import { useZone } from './useZone';
import { Views } from './Views';

const route = getRouteApi('/inside/calendar');

export function Calendar() {
  return useMay('posts:read') ? <Open /> : <Forbidden permission="posts:read" />;
}

function Open() {
  const { t, i18n } = useTranslation('calendar');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const isPhone = usePhone();
  const locale = localeOf(i18n.language);
  const workspace = useWorkspace();
  const [zone, chooseZone] = useZone(workspace.zone, useMe().zone);
  const goAnywhere = useNavigate();
  const now = useNow();
  const mayPublish = useMay('posts:publish');
  const mayWrite = useMay('posts:write');

  const today = useMemo(() => todayOf(new Wall(zone, now, now), now), [zone, now]);
  const view: View = search.view ?? (isPhone ? 'list' : 'month');
  const startsOn = weekStart(locale);
  const chosen = dayOfText(search.date ?? '') ?? today;
  const range = useMemo(() => rangeOf(view, chosen, startsOn), [view, chosen, startsOn]);
  const { wall, from, until } = useMemo(() => clockOf(zone, range), [zone, range]);

  const goTo = (day: number, to?: View) =>
    void navigate({
      search: (known) => ({ ...known, date: day === today ? undefined : textOfDay(day), view: to ?? known.view }),
      replace: true,
      resetScroll: false,
    });

  const filters = filtersOf(search);
  const read = useItems(from, until);
  const channels = useChannels();
  const platforms = usePlatforms();
  const slots = useSlots(mayWrite && !isFiltered(filters));
  const fresh = useFresh();

  const place = useRef<HTMLDivElement>(null);
  const land = useRef<string>(undefined);
  const { moving, setMoving, begin, refuse, go, asked, goWith, giveUp } = useMoving(wall, locale, mayPublish, (key) => {
    land.current = key;
  });

  const { channel, state, q } = search;
  const drafts = useMemo(
    () => filteredDrafts(read.drafts, filtersOf({ channel, state, q })),
    [read.drafts, channel, state, q],
  );
  const entries = useMemo(
    () =>
      inTime([
        ...entriesOf(filtered(read.items, filtersOf({ channel, state, q })), wall),
        ...draftEntries(drafts, wall),
      ]),
    [read.items, drafts, channel, state, q, wall],
  );
  const shown = useMemo(() => withMoved(entries, moving, wall), [entries, moving, wall]);
  const onDays = useMemo(() => byDay(shown), [shown]);
  const free = useMemo(
    () => byDaySlots(freeSlots(slots, read.items, wall, range.first, range.days, now)),
    [slots, read.items, wall, range, now],
  );
  const onPage = useMemo(() => new Set([...entries, ...undated(drafts)].map(({ post }) => post)), [entries, drafts]);
  const entryOf = (key: string) => entries.find((entry) => entry.key === key);

  const [looked, setLooked] = useState<{ key: string; from: RefObject<HTMLElement | null> }>();
  const lookedAt = looked && entryOf(looked.key);
  const [behind, setBehind] = useState<Asked>();
  const { drag, onPointerDown } = useDrag(entryOf, refuse, go);
  const roving = useRoving(place, (key) => {
    const entry = entryOf(key);
    if (entry) begin(entry);
  });

  const mates = useSeriesMates(place);

  const target = moving && `${moving.entry.key} ${moving.local}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new place is the reason to look there.
  useEffect(() => {
    if (!moving) return;
    const found = place.current?.querySelector(`[data-entry="${CSS.escape(moving.entry.key)}"]`);
    found?.scrollIntoView({ block: 'center' });
  }, [target]);

  // Where something went, the keyboard goes too, as soon as it is drawn there.
  useEffect(() => {
    if (moving || !land.current) return;
    const found = place.current?.querySelector<HTMLElement>(`[data-entry="${CSS.escape(land.current)}"]`);
    if (!found) return;
    land.current = undefined;
    found.focus();
  });

  function endMoving(isConfirmed: boolean): void {
    if (!moving) return;
    const { entry, local } = moving;
    land.current = entry.key;
    if (isConfirmed && !go(entry, local)) return;
    setMoving(undefined);
  }

  const turn = (pages: 1 | -1) => goTo(turned(range, pages));
  useKeys({ today: () => goTo(today), before: () => turn(-1), after: () => turn(1) });

  function write(day: number, minute?: number): void {
    if (!mayWrite) return;
    const here = wall.local(Date.now());
    const local = minute === undefined ? beginOfDay(day, here) : beginAt(day * DAY_MS + minute * MINUTE_MS, here);
    if (local === undefined) toast({ kind: 'info', title: t('passed.title'), detail: t('passed.write') });
    else void goAnywhere({ to: '/compose/{-$post}', search: composeSearch(local, wall, workspace.zone) });
  }

  const known = useMemo(() => new Map(channels.data?.map((channel) => [channel.id, channel])), [channels.data]);
  const nameOf = useCallback(
    (channel: ChannelBody) => channelWords(channel, platforms.data?.find(({ id }) => id === channel.platform)?.name),
    [platforms.data],
  );
  const author = useAuthors();
  const scope: CalendarScope = {
    range,
    wall,
    locale,
    today,
    startsOn,
    channels: known,
    nameOf,
    author,
    label: useEntryLabel(known, nameOf, author, locale),
    icons: useMemo(() => new Map(platforms.data?.map(({ id, icon }) => [id, icon])), [platforms.data]),
    entries: onDays,
    slots: free,
    changes: useMemo(() => clockChanges(wall, range.first, range.days), [wall, range]),
    movingKey: moving?.entry.key,
    dragging: drag && { key: drag.entry.key, day: drag.local === undefined ? undefined : dayOf(drag.local) },
    fresh,
    mayWrite,
    look: (entry, element) => setLooked({ key: entry.key, from: { current: element } }),
    lookAt: setBehind,
    goTo,
    write,
  };
  const inRange = shown.some(({ day }) => isIn(range, day));
  return (
    <CalendarScopeProvider value={scope}>
      <Page className="max-w-none gap-4! md:px-6 md:py-5">
        <Toolbar
          range={range}
          locale={locale}
          onTurn={turn}
          onToday={() => goTo(today)}
          onView={(to) => goTo(chosen, to)}
        />
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <FilterBar
            channels={channels.data ?? []}
            filters={filters}
            onChange={(next) =>
              void navigate({ search: (known) => ({ ...known, ...searchOf(next) }), replace: true, resetScroll: false })
            }
          />
          <ZoneNote zone={zone} at={wall.instant(chosen * 864e5 + 432e5).at} onChange={chooseZone} />
        </div>
        {read.isTruncated && <p className="text-small text-state-needs">{t('truncated')}</p>}
        {read.error ? (
          <ErrorState problem={read.error} onRetry={() => void read.refetch()} />
        ) : (
          <>
            {read.data && !inRange && (
              <Nothing isFiltered={isFiltered(filters)} hasChannels={channels.data?.length !== 0} />
            )}
            {/* biome-ignore lint/a11y/useSemanticElements: the days are no form. */}
            <div
              ref={place}
              role="group"
              aria-label={t('days')}
              aria-describedby="calendar-keys"
              onPointerDown={onPointerDown}
              onPointerOver={mates.onPointerOver}
              onPointerLeave={mates.onPointerLeave}
              onBlur={mates.onBlur}
              onKeyDown={roving.onKeyDown}
              onFocus={(event) => {
                roving.onFocus(event);
                mates.onFocus(event);
              }}
              className="select-none"
            >
              <p id="calendar-keys" className="sr-only">
                {t('keys.help')}
              </p>
              <Views isPending={read.isPending} />
            </div>
            <Undated drafts={undated(drafts)} />
            {q && !read.isPending && <Elsewhere words={q} shown={onPage} />}
          </>
        )}
      </Page>
      {behind && (
        <Behind
          asked={behind}
          onClose={() => setBehind(undefined)}
          onMove={(key) => {
            const entry = entryOf(key);
            setBehind(undefined);
            if (entry) begin(entry);
          }}
        />
      )}
      {looked && lookedAt && (
        <QuickLook
          entry={lookedAt}
          from={looked.from}
          onClose={() => setLooked(undefined)}
          onMove={() => {
            setLooked(undefined);
            begin(lookedAt);
          }}
        />
      )}
      {moving && (
        <MoveBar
          moving={moving}
          wall={wall}
          locale={locale}
          isMonth={view === 'month'}
          onChange={(local) => {
            setMoving({ ...moving, local });
            if (!isIn(range, dayOf(local))) goTo(dayOf(local));
          }}
          onConfirm={() => endMoving(true)}
          onCancel={() => endMoving(false)}
        />
      )}
      {asked && <SeriesMove when={momentWords(locale, asked.local)} onClose={giveUp} onChoose={goWith} />}
      {drag && <DragGhost drag={drag} wall={wall} locale={locale} />}
    </CalendarScopeProvider>
  );
}

/** The keys of the room, which do what they do at the moment they are pressed. */
function useKeys(acts: { today: () => void; before: () => void; after: () => void }): void {
  const { t } = useTranslation('calendar');
  const latest = useRef(acts);
  latest.current = acts;
  const keys = useMemo(
    () => [
      { key: 't', words: t('today'), act: () => latest.current.today() },
      { key: 'p', words: t('keys.before'), act: () => latest.current.before() },
      { key: 'n', words: t('keys.after'), act: () => latest.current.after() },
      { key: 'm', words: t('keys.move') },
      { key: '+', words: t('keys.write') },
      { key: '↑ ↓ ← →', words: t('keys.arrows') },
    ],
    [t],
  );
  useRoomKeys(keys);
}

/** Entries with the one that is being moved where it would go. */
function withMoved(entries: Entry[], moving: { entry: Entry; local: number } | undefined, wall: Wall): Entry[] {
  if (!moving) return entries;
  const { at } = wall.instant(moving.local);
  const local = wall.local(at);
  const moved = { ...moving.entry, at, local, day: dayOf(local) };
  return [...entries.filter(({ key }) => key !== moved.key), moved].sort((one, other) => one.at - other.at);
}

function byDaySlots(slots: ReturnType<typeof freeSlots>): Map<number, typeof slots> {
  const days = new Map<number, typeof slots>();
  for (const slot of slots) days.set(slot.day, [...(days.get(slot.day) ?? []), slot]);
  return days;
}

/** Nothing in these days: why, and the way to change that. */
function Nothing({ isFiltered: hasFilters, hasChannels }: { isFiltered: boolean; hasChannels: boolean }) {
  const { t } = useTranslation('calendar');
  const navigate = route.useNavigate();
  const mayWrite = useMay('posts:write');
  if (hasFilters) {
    const clear = () => void navigate({ search: ({ view, date }) => ({ view, date }), replace: true });
    return (
      <EmptyState
        icon="search"
        title={t('empty.filtered')}
        className="py-4!"
        action={<Button onPress={clear}>{t('filter.clear')}</Button>}
      >
        {t('empty.filteredHint')}
      </EmptyState>
    );
  }
  const action = hasChannels ? (
    mayWrite && (
      <ButtonLink to="/compose/{-$post}" look="solid" icon="plus">
        {t('empty.write')}
      </ButtonLink>
    )
  ) : (
    <ButtonLink to="/channels" search={{}} look="solid">
      {t('empty.connect')}
    </ButtonLink>
  );
  return (
    <EmptyState icon="calendar" title={t('empty.title')} className="py-4!" action={action}>
      {hasChannels ? t('empty.hint') : t('empty.noChannels')}
    </EmptyState>
  );
}
