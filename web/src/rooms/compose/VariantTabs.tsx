import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { Tab, TabList, TabPanel, Tabs } from '@/design/Tabs';
import { useChosen, useComposing } from './context';
import { followAgain, targetOf } from './model/draft';
import { useAllIssues } from './useFound';

const SHARED = 'shared';

/** The shared text, and a tab for each channel: it follows until it is edited, and says whether it does. */
export function VariantTabs({ children }: { children: ReactNode }) {
  const { t } = useTranslation('compose');
  const { draft, whose, show } = useComposing();
  const chosen = useChosen();
  const issues = useAllIssues().filter(({ issue }) => issue.severity === 'error');
  const tabs = useRef<HTMLDivElement>(null);
  // A tab that is chosen elsewhere, such as by a fix, may lie beyond the edge of a phone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the choice is the reason to run, not what is read.
  useEffect(() => {
    tabs.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [whose]);
  if (chosen.length < 2) return <>{children}</>;
  return (
    <Tabs selectedKey={whose ?? SHARED} onSelectionChange={(key) => show(key === SHARED ? undefined : String(key))}>
      <div ref={tabs}>
        <TabList aria-label={t('tabs.label')}>
          <Tab id={SHARED}>{t('tabs.shared')}</Tab>
          {chosen.map(({ id, name, platform }) => {
            const isOwn = Boolean(targetOf(draft, id)?.own);
            const isBroken = issues.some(({ channel }) => channel === id);
            return (
              <Tab key={id} id={id}>
                <PlatformIcon platform={platform} className="size-4" />
                <span className="max-w-36 truncate">{name}</span>
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
            );
          })}
        </TabList>
      </div>
      <TabPanel key={whose ?? SHARED} id={whose ?? SHARED} className="flex flex-col gap-3 pt-3">
        <Following />
        {children}
      </TabPanel>
    </Tabs>
  );
}

/** Whether the channel on the page follows the shared text, and the way back to it. */
function Following() {
  const { t } = useTranslation('compose');
  const { draft, whose, apply, offerUndo } = useComposing();
  const chosen = useChosen();
  const channel = chosen.find(({ id }) => id === whose);
  if (!channel) {
    const isFollowed = draft.targets.some(({ own }) => !own);
    return isFollowed ? null : <p className="text-small text-quiet">{t('tabs.nobody')}</p>;
  }
  const own = targetOf(draft, whose)?.own;
  if (!own) return <p className="text-small text-quiet">{t('tabs.follows', { name: channel.name })}</p>;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p className="text-small text-quiet">{t('tabs.own', { name: channel.name })}</p>
      <Button
        small
        icon="undo"
        onPress={() =>
          offerUndo(
            apply((before) => followAgain(before, channel.id)),
            t('tabs.back', { name: channel.name }),
          )
        }
      >
        {t('tabs.goBack')}
      </Button>
    </div>
  );
}
