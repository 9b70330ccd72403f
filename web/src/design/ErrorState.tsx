import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, type Problem } from '@/api/problem';
import { Button } from './Button';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

/** A problem in the current language. The server's `detail` is shown as it is. */
export function useProblemWords() {
  const { t, i18n } = useTranslation('problems');
  return (problem: Problem) => {
    const isKnown = i18n.exists(`problems:${problem.slug}.title`);
    // biome-ignore lint/suspicious/noExplicitAny: the key is only known at run time.
    const say = t as (key: any) => string;
    return {
      title: isKnown ? say(`${problem.slug}.title`) : problem.title,
      remedy: isKnown ? say(`${problem.slug}.remedy`) : problem.remedy,
      detail: problem.status > 0 && problem.slug !== 'unreadable' ? problem.detail : '',
    };
  };
}

/** Whether the post is live. Shown with every failure that is about a post. */
export type IsLive = 'live' | 'not-live' | 'partly-live' | 'in-doubt';

const LIVE: Record<IsLive, IconName> = {
  live: 'check-circle',
  'not-live': 'close',
  'partly-live': 'check-half',
  'in-doubt': 'search',
};

interface Shown {
  /** A `Problem`, or any other error of a query or mutation. */
  problem: unknown;
  isLive?: IsLive;
  /** The button that fixes it. */
  action?: ReactNode;
  /** Tries again; only shown if that can help. */
  onRetry?: () => void;
  className?: string;
}

function Facts({ problem, isLive }: { problem: Problem; isLive?: IsLive | undefined }) {
  const { t } = useTranslation('design');
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-small text-quiet">
      {isLive && (
        <li className="flex items-center gap-1.5">
          <Icon name={LIVE[isLive]} className="size-4" />
          {t(`isLive.${isLive}`)}
        </li>
      )}
      <li className="flex items-center gap-1.5">
        <Icon name="person" className="size-4" />
        {t(`who.${problem.who}`)}
      </li>
      {problem.request_id && (
        <li className="flex items-center gap-1.5">
          <Icon name="hash" className="size-4" />
          <span className="font-mono">{problem.request_id}</span>
        </li>
      )}
    </ul>
  );
}

/** Replaces content that failed to load: what happened, whether it is live, who can fix it, and the button for it. */
export function ErrorState({ problem: thrown, isLive, action, onRetry, className }: Shown) {
  const { t } = useTranslation('design');
  const problem = asProblem(thrown);
  const words = useProblemWords()(problem);
  return (
    <div
      role="alert"
      className={cx('flex flex-col items-start gap-3 rounded-card border border-line bg-surface p-5', className)}
    >
      <div className="flex items-start gap-3">
        <Icon name={problem.slug === 'offline' ? 'wifi-off' : 'alert'} className="mt-0.5 text-state-failed" />
        <div className="flex min-w-0 flex-col gap-1">
          <h2 className="text-read font-semibold">{words.title}</h2>
          {words.detail && <p className="measure break-words text-body">{words.detail}</p>}
          <p className="measure text-body text-quiet">{words.remedy}</p>
        </div>
      </div>
      <div className="flex flex-col gap-3 pl-8">
        <Facts problem={problem} isLive={isLive} />
        {(action || onRetry) && (
          <div className="flex flex-wrap gap-2">
            {action}
            {onRetry && (
              <Button icon="refresh" onPress={onRetry}>
                {t('tryAgain')}
              </Button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** The short form, beside the form or button that failed. */
export function ProblemNote({ problem: thrown, isLive, action, className }: Omit<Shown, 'onRetry'>) {
  const problem = asProblem(thrown);
  const words = useProblemWords()(problem);
  const isOfFields = problem.errors.length > 0;
  const place = useRef<HTMLDivElement>(null);
  // A note below the fold is not read. What is wrong at a field is shown there, by the form.
  useEffect(() => {
    if (!isOfFields) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isOfFields]);
  return (
    <div
      ref={place}
      role="alert"
      className={cx('flex items-start gap-2.5 rounded-control bg-state-failed-tint px-3 py-2.5 text-body', className)}
    >
      <Icon name="alert" className="mt-px size-4.5 text-state-failed" />
      <div className="flex min-w-0 flex-col gap-1">
        <p className="font-medium text-state-failed">{words.title}</p>
        {words.detail && !isOfFields && <p className="break-words">{words.detail}</p>}
        <p className="text-quiet">{words.remedy}</p>
        {isLive && <Facts problem={problem} isLive={isLive} />}
        {action}
      </div>
    </div>
  );
}

/** Shown for a page without permission: which one is missing, and whom to ask. */
export function Forbidden({ permission }: { permission: string }) {
  const { t } = useTranslation('design');
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span className="mb-1 inline-flex size-11 items-center justify-center rounded-full bg-sunken text-quiet">
        <Icon name="lock" />
      </span>
      <h1 className="text-read font-semibold">{t('forbidden.title')}</h1>
      <p className="max-w-[46ch] text-body text-quiet">{t('forbidden.body')}</p>
      <p className="text-small text-faint">
        {t('forbidden.permission')} <code className="font-mono">{permission}</code>
      </p>
    </div>
  );
}
