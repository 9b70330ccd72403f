import { useEffect, useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ChannelBody, Issue } from '@/api/schema';
import { locale } from '@/app/language';
import { useWorkspace } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { useComposing } from './context';
import { optionId } from './fixing';
import { partsOf, setOptions, targetOf } from './model/draft';
import { fieldsOf } from './model/schema';
import { SchemaForm } from './SchemaForm';
import { useAllIssues } from './useFound';
import { useRead } from './useReadings';

/** A language in words; a tag that is none stays as it is, for the server says so. */
function nameOf(names: Intl.DisplayNames, tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** What a platform lets one choose besides words and files, for one channel. */
export function OptionsOf({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('compose');
  const { draft, apply, platforms, readings } = useComposing();
  const { language } = useWorkspace();
  const platform = platforms.find(({ id }) => id === channel.platform);
  const options = targetOf(draft, channel.id)?.options ?? {};
  const issues = useAllIssues().filter((one) => one.channel === channel.id && one.place.option);
  const isBroken = issues.some(({ issue }) => issue.severity === 'error');
  const [isOpen, setOpen] = useState(isBroken);
  useEffect(() => {
    if (isBroken) setOpen(true);
  }, [isBroken]);
  const first = partsOf(draft, channel.id)[0];
  const tags = useRead(readings, channel.id, first?.key)?.languages ?? [];
  if (!platform || fieldsOf(platform.options).length === 0) return null;
  const told = (wanted: Issue['severity']) =>
    Object.fromEntries(
      issues.flatMap(({ place, issue }) => (issue.severity === wanted ? [[place.option ?? '', issue.detail]] : [])),
    );
  const count = Object.keys(options).length;
  const names = new Intl.DisplayNames(locale(), { type: 'language', fallback: 'code' });
  const languages = tags.map((tag) => nameOf(names, tag)).join(', ');
  return (
    <Disclosure isExpanded={isOpen} onExpandedChange={setOpen} className="rounded-card border border-line bg-surface">
      {({ isExpanded }) => (
        <>
          <Heading>
            <AriaButton
              slot="trigger"
              className="flex min-h-11 w-full items-center gap-2.5 rounded-card px-4 py-2 text-left text-body font-medium data-hovered:bg-hover"
            >
              <PlatformIcon platform={platform.id} className="size-4.5 text-quiet" />
              <span className="flex-1">{t('options.title', { platform: platform.name })}</span>
              {languages && <Badge>{languages}</Badge>}
              {count > 0 && <Badge>{t('options.count', { count })}</Badge>}
              {isBroken && <Badge tone="failed">{t('options.broken')}</Badge>}
              <Icon name={isExpanded ? 'chevron-up' : 'chevron-down'} className="size-4 text-quiet" />
            </AriaButton>
          </Heading>
          <DisclosurePanel className="overflow-hidden px-4">
            <div className="border-t border-line py-4">
              <SchemaForm
                schema={platform.options}
                language={language}
                value={options}
                onChange={(next) => apply((before) => setOptions(before, channel.id, next))}
                errors={told('error')}
                warnings={told('warning')}
                idOf={(path) => optionId(channel.id, path)}
              />
            </div>
          </DisclosurePanel>
        </>
      )}
    </Disclosure>
  );
}
