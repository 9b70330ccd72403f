import type { ReactNode } from 'react';
import { cx } from './cx';

const SCROLLS = 'relative overflow-x-auto rounded-card border border-line bg-surface';

/** A plain table. At phone width it scrolls inside its card, never the page. */
export function Table({ label, head, children }: { label: string; head: string[]; children: ReactNode }) {
  return (
    // A scroll container must be focusable by keyboard. `relative` keeps visually hidden content inside it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
    <section className={SCROLLS} aria-label={label} tabIndex={0}>
      <table className="w-full text-left text-body">
        <thead className="border-b border-line text-small text-quiet">
          <tr>
            {head.map((title) => (
              <th key={title} scope="col" className="px-2.5 py-2 font-medium whitespace-nowrap first:pl-4 xl:px-4">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr+tr]:border-t [&>tr]:border-line">{children}</tbody>
      </table>
    </section>
  );
}

export function Row({ children, className }: { children: ReactNode; className?: string }) {
  return <tr className={className}>{children}</tr>;
}

export function Cell({ children, className }: { children: ReactNode; className?: string }) {
  return <td className={cx('px-2.5 py-2.5 align-middle xl:px-4', className)}>{children}</td>;
}

/** A list with hairlines between its rows. */
export function List({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <ul
      aria-label={label}
      className={cx('divide-y divide-line overflow-hidden rounded-card border border-line bg-surface', className)}
    >
      {children}
    </ul>
  );
}

export function ListRow({ children, className }: { children: ReactNode; className?: string }) {
  return <li className={cx('flex min-h-14 items-center gap-3 px-4 py-2.5', className)}>{children}</li>;
}
