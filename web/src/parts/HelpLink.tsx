import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';

/** A page of the help in a window of its own, so that what was being done here stays. */
export function HelpLink({ page, className, children }: { page: string; className?: string; children: ReactNode }) {
  const { t } = useTranslation('design');
  return (
    <a
      href={`/help/${page}`}
      target="_blank"
      rel="noreferrer"
      className={cx(
        'inline-flex min-h-11 items-center gap-1.5 self-start rounded-small text-small font-medium text-quiet underline decoration-1 underline-offset-3 hover:text-ink md:min-h-6',
        className,
      )}
    >
      <Icon name="info" className="size-4" />
      {children}
      <span className="sr-only">{t('newWindow')}</span>
    </a>
  );
}
