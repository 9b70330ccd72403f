import type { ReactNode } from 'react';
import {
  Tab as AriaTab,
  TabList as AriaTabList,
  TabPanel as AriaTabPanel,
  Tabs as AriaTabs,
  type TabListProps,
  type TabPanelProps,
  type TabProps,
  type TabsProps,
} from 'react-aria-components';
import { cx } from './cx';

type Plain<T> = Omit<T, 'className' | 'style' | 'children'> & { className?: string; children: ReactNode };

export function Tabs({ className, ...rest }: Plain<TabsProps>) {
  return <AriaTabs {...rest} className={cx('flex min-w-0 flex-col', className)} />;
}

export function TabList({ className, ...rest }: Plain<TabListProps<object>>) {
  return (
    <AriaTabList
      {...rest}
      className={cx('goes-on flex gap-1 overflow-x-auto border-b border-line [scrollbar-width:none]', className)}
    />
  );
}

export function Tab({ className, ...rest }: Plain<TabProps>) {
  return (
    <AriaTab
      {...rest}
      className={cx(
        '-mb-px flex min-h-11 shrink-0 items-center gap-2 border-b-2 border-transparent px-3 text-body font-medium text-quiet transition-colors md:min-h-10',
        'rounded-t-small data-hovered:text-ink data-selected:border-brass data-selected:text-ink data-focus-visible:-outline-offset-2',
        className,
      )}
    />
  );
}

export function TabPanel({ className, ...rest }: Plain<TabPanelProps>) {
  return <AriaTabPanel {...rest} className={cx('rounded-control pt-4', className)} />;
}
