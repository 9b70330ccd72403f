import { type ReactNode, useEffect, useRef } from 'react';
import { asProblem } from '@/api/problem';
import { ProblemNote } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { SaveState } from './saving/SaveState';
import type { Saver } from './saving/saver';

interface Props {
  saver: Saver;
  /** Why it cannot go out as it is; said when someone tries. */
  complaint: string | undefined;
  /** Why the server did not take it. */
  problem: unknown;
  /** What has to be known before anything is pressed. */
  notice?: ReactNode;
  /** The ways out. */
  children: ReactNode;
}

/** Always in reach: whether it is stored, and the ways out. */
export function ActionBar({ saver, complaint, problem, notice, children }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  useNoticesAbove(bar);
  return (
    <div
      ref={bar}
      className="sticky bottom-14 z-20 -mx-4 border-t border-line bg-surface px-4 py-2.5 pb-[max(0.625rem,env(safe-area-inset-bottom))] md:bottom-0 md:-mx-8 md:px-8"
    >
      {problem !== undefined && <ProblemNote problem={problem} {...nothingLive(problem)} className="mb-2" />}
      <div role="alert" className="empty:hidden">
        {complaint && (
          <p className="mb-2 flex items-start gap-1.5 text-body font-medium text-state-failed">
            <Icon name="alert" className="mt-px size-4.5" />
            {complaint}
          </p>
        )}
      </div>
      <div role="status" className="mb-2 empty:hidden">
        {notice}
      </div>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <SaveState saver={saver} />
        <div className="flex flex-1 flex-wrap justify-end gap-2 max-sm:*:grow sm:flex-none">{children}</div>
      </div>
    </div>
  );
}

/** A refusal is sure; where no answer came no one knows yet, and nothing is claimed. */
export function nothingLive(problem: unknown): { isLive?: 'not-live' } {
  return asProblem(problem).status > 0 ? { isLive: 'not-live' } : {};
}

/** Notices stay clear of the bar, however high it is. */
function useNoticesAbove(bar: React.RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const root = document.documentElement;
    const tell = () => root.style.setProperty('--bar', `${bar.current?.offsetHeight ?? 0}px`);
    const watch = new ResizeObserver(tell);
    if (bar.current) watch.observe(bar.current);
    return () => {
      watch.disconnect();
      root.style.removeProperty('--bar');
    };
  }, [bar]);
}
