import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

export type Tone = 'draft' | 'scheduled' | 'published' | 'partly' | 'needs' | 'failed' | 'muted';

const TONES: Record<Tone, string> = {
  draft: 'bg-state-draft-tint text-state-draft',
  scheduled: 'bg-state-scheduled-tint text-state-scheduled',
  published: 'bg-state-published-tint text-state-published',
  partly: 'bg-state-partly-tint text-state-partly',
  needs: 'bg-state-needs-tint text-state-needs',
  failed: 'bg-state-failed-tint text-state-failed',
  muted: 'bg-state-muted-tint text-state-muted',
};

/** A word on a tint, with an icon if it shows a state. */
export function Badge({
  tone = 'muted',
  icon,
  className,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={cx(
        'inline-flex h-6 shrink-0 items-center gap-1 rounded-full px-2 text-small font-medium whitespace-nowrap',
        icon && 'pl-1.5',
        TONES[tone],
        className,
      )}
    >
      {icon && <Icon name={icon} className="size-4" />}
      {children}
    </span>
  );
}

/**
 * All states of the API: of posts, publications and channels. A state that is added later is shown by its name in the API
 * until it gets a row here.
 */
const STATES = {
  draft: ['draft', 'draft'],
  in_review: ['needs', 'eye'],
  scheduled: ['scheduled', 'clock'],
  publishing: ['scheduled', 'spinner'],
  published: ['published', 'check-circle'],
  partly_published: ['partly', 'check-half'],
  needs_you: ['needs', 'eye'],
  failed: ['failed', 'alert'],
  cancelled: ['muted', 'close'],
  deleted: ['muted', 'trash'],
  armed: ['scheduled', 'spinner'],
  processing: ['scheduled', 'spinner'],
  unknown: ['scheduled', 'search'],
  needs_eyes: ['needs', 'eye'],
  parked: ['needs', 'pause-circle'],
  missed: ['needs', 'clock'],
  no_longer_fits: ['needs', 'alert'],
  active: ['published', 'check-circle'],
  paused: ['muted', 'pause-circle'],
  needs_reconnect: ['needs', 'plug'],
  gone: ['needs', 'unplug'],
} as const satisfies Record<string, [Tone, IconName]>;

export type StateName = keyof typeof STATES;

export const STATE_NAMES = Object.keys(STATES) as StateName[];

/** @public */
export function stateTone(state: string): Tone {
  return isKnown(state) ? STATES[state][0] : 'muted';
}

/** @public */
export function stateIcon(state: string): IconName {
  return isKnown(state) ? STATES[state][1] : 'info';
}

function isKnown(state: string): state is StateName {
  return state in STATES;
}

/** The state of a post, publication or channel: colour, icon and word together. */
export function StateBadge({ state, className }: { state: string; className?: string }) {
  const { t } = useTranslation('design');
  return (
    <Badge tone={stateTone(state)} icon={stateIcon(state)} {...(className ? { className } : {})}>
      {isKnown(state) ? t(`state.${state}`) : state}
    </Badge>
  );
}
