import { memo, type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChannelBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { Tab, TabList, TabPanel, Tabs } from '@/design/Tabs';
import { ChannelName } from '@/parts/ChannelName';
import { useChosen, useComposing } from './context';
import { followAgain, targetOf, type Whose } from './model/draft';
import { isSame } from './model/inverse';
import type { Part } from './model/parts';
import { useNames } from './names';
import { useAllIssues } from './useFound';
import { useSame } from './useSame';

const SHARED = 'shared';

/** The shared text, and a tab for each channel: it follows until it is edited, and says whether it does. */
export function VariantTabs({ children }: { children: ReactNode }) {
  const { draft, whose, show } = useComposing();
  const chosen = useChosen();
  const issues = useAllIssues().filter(({ issue }) => issue.severity === 'error');
  const missed = useSame([...useMissed()]);
  const channels = useSame(
    chosen.map((channel): Tabbed => {
      const { id } = channel;
      return { channel, isOwn: Boolean(targetOf(draft, id)?.own), isBroken: issues.some((one) => one.channel === id) };
    }),
  );
  if (chosen.length < 2) return <>{children}</>;
  return (
    <AllTabs channels={channels} whose={whose} show={show} missed={missed}>
      {children}
    </AllTabs>
  );
}

interface Tabbed {
  channel: ChannelBody;
  isOwn: boolean;
  isBroken: boolean;
}

interface AllProps {
  channels: Tabbed[];
  whose: Whose;
  show: (whose: Whose) => void;
  missed: string[];
  children: ReactNode;
}

/** Drawn again only when a tab has changed. What the panel shows follows the draft by itself. */
const AllTabs = memo(function AllTabs({ channels, whose, show, missed, children }: AllProps) {
  const { t } = useTranslation('compose');
  const tabs = useRef<HTMLDivElement>(null);
  // A tab that is chosen elsewhere, such as by a fix, may lie beyond the edge of a phone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the choice is the reason to run, not what is read.
  useEffect(() => {
    tabs.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [whose]);
  return (
    <Tabs selectedKey={whose ?? SHARED} onSelectionChange={(key) => show(key === SHARED ? undefined : String(key))}>
      <div ref={tabs}>
        {/* What only screen readers read is placed: in here, so that it does not make the page wider. */}
        <TabList aria-label={t('tabs.label')} className="relative">
          <Tab id={SHARED}>{t('tabs.shared')}</Tab>
          {channels.map(({ channel, isOwn, isBroken }) => (
            <Tab key={channel.id} id={channel.id}>
              <ChannelName inline channel={channel} className="max-w-52" />
              {isOwn && (
                <span className="flex items-center gap-1 text-small font-normal text-accent">
                  <span className="size-1.5 rounded-full bg-brass" aria-hidden="true" />
                  {t('tabs.differs')}
                </span>
              )}
              {isBroken && (
                <>
                  <Icon name="alert" className="size-4 text-state-failed" />
                  <span className="sr-only">{t('tabs.broken')}</span>
                </>
              )}
            </Tab>
          ))}
        </TabList>
      </div>
      <TabPanel key={whose ?? SHARED} id={whose ?? SHARED} className="flex flex-col gap-3 pt-3">
        <Following missed={missed} />
        {children}
      </TabPanel>
    </Tabs>
  );
});

/** Whether the channel on the page follows the shared text, and the way back to it. */
function Following({ missed }: { missed: string[] }) {
  const { t } = useTranslation('compose');
  const { draft, whose, apply, offerUndo } = useComposing();
  const chosen = useChosen();
  const nameOf = useNames();
  const channel = chosen.find(({ id }) => id === whose);
  if (!channel) return <Apart missed={missed} />;
  const own = targetOf(draft, whose)?.own;
  if (!own) return <p className="text-small text-quiet">{t('tabs.follows', { name: nameOf(channel) })}</p>;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="text-small text-quiet">{t('tabs.own', { name: nameOf(channel) })}</p>
      <Button
        small
        icon="undo"
        onPress={() =>
          offerUndo(
            apply((before) => followAgain(before, channel.id)),
            t('tabs.back', { name: nameOf(channel) }),
          )
        }
      >
        {t('tabs.goBack')}
      </Button>
    </div>
  );
}

/** Channels that a change of the shared text does not reach. It says so more loudly once someone has changed it. */
function Apart({ missed }: { missed: string[] }) {
  const { t } = useTranslation('compose');
  const { draft, apply, offerUndo } = useComposing();
  const nameOf = useNames();
  const apart = useChosen().filter(({ id }) => targetOf(draft, id)?.own);
  if (apart.length === 0) return null;
  const isMissed = apart.some(({ id }) => missed.includes(id));
  return (
    <div
      role="status"
      className={cx('flex flex-col gap-1', isMissed && 'rounded-control bg-state-needs-tint px-3 py-2 text-body')}
    >
      <p className={cx('text-small', isMissed ? 'font-medium' : 'text-quiet')}>
        {apart.length === draft.targets.length ? t('tabs.nobody') : t('tabs.apart', { count: apart.length })}
      </p>
      <ul className="flex flex-col gap-1">
        {apart.map((channel) => (
          <li key={channel.id} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
            <ChannelName inline channel={channel} className="min-w-0 flex-1 basis-40 text-body" />
            <Button
              small
              icon="undo"
              aria-label={t('tabs.useHereOf', { name: nameOf(channel) })}
              onPress={() =>
                offerUndo(
                  apply((before) => followAgain(before, channel.id)),
                  t('tabs.back', { name: nameOf(channel) }),
                )
              }
            >
              {t('tabs.useHere')}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The channels with a text of their own from before the shared one was changed last. */
function useMissed(): Set<string> {
  const { draft } = useComposing();
  const since = useRef(new Map<string, Part[]>());
  for (const { channel, own } of draft.targets) {
    if (!own) since.current.delete(channel);
    else if (!since.current.has(channel)) since.current.set(channel, draft.parts);
  }
  return new Set([...since.current].filter(([, parts]) => !isSame(parts, draft.parts)).map(([channel]) => channel));
}
