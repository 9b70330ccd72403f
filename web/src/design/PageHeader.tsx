import { type ReactNode, useEffect } from 'react';
import { cx } from './cx';
import { NAME } from './NameMark';

/** The head of a page: its title (also the window's), a line about it, and its actions. */
export function PageHeader({
  title,
  hint,
  actions,
  className,
}: {
  title: string;
  hint?: ReactNode;
  actions?: ReactNode;
  className?: string;
}) {
  useTitle(title);
  return (
    <header
      className={cx('flex flex-wrap justify-between gap-x-6 gap-y-3', hint ? 'items-start' : 'items-center', className)}
    >
      <div className="flex min-w-0 flex-col gap-1">
        <h1 className="text-title font-semibold md:text-display">{title}</h1>
        {hint && <p className="measure text-body text-quiet">{hint}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}

/** Sets the window's title. A page without a {@link PageHeader} calls it itself. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${NAME}`;
  }, [title]);
}

/** The body of a page in the shell: its margins and its greatest width. */
export function Page({ className, narrow, children }: { className?: string; narrow?: boolean; children: ReactNode }) {
  return (
    <div
      className={cx(
        'mx-auto flex w-full flex-col gap-6 px-4 py-5 md:px-8 md:py-7',
        narrow ? 'max-w-3xl' : 'max-w-7xl',
        className,
      )}
    >
      {children}
    </div>
  );
}
