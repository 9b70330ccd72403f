import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { useComposing } from './context';
import { useFixing } from './fixing';
import { type Fix, fixesOf, type Told } from './model/issues';
import type { Part } from './model/parts';
import { useNames } from './names';
import { type Placed, useIssues } from './useFound';

/** What channels say about one part, beside it. */
export function IssueList({ part }: { part: Part }) {
  // A file without a description says so itself, and a poll that was just begun is not wrong yet.
  const { hasTried } = useComposing();
  const isUnfinished = !hasTried && part.poll?.options.some((option) => option.trim() === '');
  const issues = useIssues().filter(
    (one) => one.part === part.key && !isNudge(one) && !(isUnfinished && fixesOf(one)[0]?.kind === 'poll'),
  );
  return <Lines issues={issues} className="mx-4 mb-2" />;
}

function isNudge(told: Told): boolean {
  return told.issue.severity === 'warning' && fixesOf(told)[0]?.kind === 'alt';
}

/** What is about the post as a whole, or about options. */
export function OtherIssues() {
  const issues = useIssues().filter((one) => one.part === undefined);
  return <Lines issues={issues} />;
}

function Lines({ issues, className }: { issues: (Told & Placed)[]; className?: string }) {
  const { t } = useTranslation('compose');
  if (issues.length === 0) return null;
  return (
    <ul aria-label={t('issues.list')} className={cx('flex flex-col gap-1.5', className)}>
      {issues.map((one) => (
        <Line key={`${one.channel} ${one.issue.rule} ${one.issue.pointer}`} told={one} />
      ))}
    </ul>
  );
}

function Line({ told }: { told: Told & Placed }) {
  const { t } = useTranslation('compose');
  const { draft } = useComposing();
  const fix = useFixing();
  const nameOf = useNames();
  const isError = told.issue.severity === 'error';
  const names = [told, ...told.also].map(({ channel }) => nameOf(channel));
  const name = names.length > 2 ? t('issues.names', { name: names[0], count: names.length - 1 }) : names.join(', ');
  const isAlone = draft.targets.length === 1;
  return (
    <li
      className={cx(
        'flex flex-col gap-1.5 rounded-control px-3 py-2 text-body',
        isError ? 'bg-state-failed-tint' : 'bg-state-draft-tint',
      )}
    >
      <div className="flex items-start gap-2">
        <Icon
          name={isError ? 'alert' : 'info'}
          className={cx('mt-0.5 size-4', isError ? 'text-state-failed' : 'text-quiet')}
        />
        <p className="min-w-0 flex-1 break-words">
          <span className="font-medium">
            <PlatformIcon platform={told.platform} className="mr-1 inline size-3.5 align-[-2px]" />
            {name}:
          </span>{' '}
          <span className="sr-only">{t(isError ? 'issues.error' : 'issues.warning')} </span>
          {told.issue.detail}
        </p>
      </div>
      <div className="flex flex-wrap gap-1.5 pl-6 empty:hidden">
        {fixesOf(told).map((one) => (
          <Button
            key={one.kind}
            small
            className="max-w-full text-left whitespace-normal! break-words"
            onPress={() => void fix(told, one)}
          >
            {t(`fix.${wordsOf(one, isAlone)}`, { name, count: one.kind === 'fewer-files' ? one.count : 1 })}
          </Button>
        ))}
      </div>
    </li>
  );
}

/** Where there is only one channel, "only there" says nothing. */
function wordsOf(fix: Fix, isAlone: boolean) {
  const { kind } = fix;
  if (kind === 'alt' || kind === 'write' || kind === 'poll' || kind === 'option') return kind;
  return isAlone ? (`${kind}-here` as const) : kind;
}
