import type { ReactNode } from 'react';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

/** Shown for an empty list: what will appear there, and how to start. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  isPage = false,
  className,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** The page has no other content, so this title is the page's. */
  isPage?: boolean;
  className?: string;
}) {
  const Title = isPage ? 'h1' : 'h2';
  return (
    <div className={cx('flex flex-col items-center gap-2 px-6 py-12 text-center', className)}>
      <span className="mb-1 inline-flex size-11 items-center justify-center rounded-full bg-brass-tint text-accent">
        <Icon name={icon} />
      </span>
      <Title className="text-read font-semibold">{title}</Title>
      {children && <p className="max-w-[46ch] text-body text-quiet">{children}</p>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
