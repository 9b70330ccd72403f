import {
  UNSTABLE_Toast as AriaToast,
  Text,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button';
import { cx } from './cx';
import { Icon, type IconName } from './Icon';

export type ToastKind = 'done' | 'info' | 'failed';

export interface ToastBody {
  kind?: ToastKind;
  title: string;
  detail?: string;
  /** What it is about, where titles differ: only the newest about the same thing stays. The title by default. */
  alike?: string;
  /** One action: undo, view, try again. */
  action?: { label: string; onPress: () => void };
}

/** Long enough to read; one with an action gives time to reach it. */
const STAYS_MS = 6_000;
const STAYS_WITH_ACTION_MS = 12_000;

/** One at a time; the newest comes first. */
const queue = new ToastQueue<ToastBody>({ maxVisibleToasts: 1 });
const open = new Map<string, ToastBody>();

/** Whether a newer notice replaces an older one: it is about the same thing, or the older one needs no action. */
function isReplaced(older: ToastBody, newer: ToastBody): boolean {
  const name = ({ alike, title }: ToastBody) => alike ?? title;
  return name(older) === name(newer) || (!older.action && older.kind !== 'failed');
}

/** Shows that something was done. Errors that must be read belong on the page. Returns a function that removes it. */
export function toast(body: ToastBody, stays?: number): () => void {
  const timeout = stays ?? (body.action ? STAYS_WITH_ACTION_MS : STAYS_MS);
  for (const [key, older] of [...open]) if (isReplaced(older, body)) queue.close(key);
  const key: string = queue.add(body, {
    ...(body.kind === 'failed' ? {} : { timeout }),
    onClose: () => open.delete(key),
  });
  open.set(key, body);
  return () => queue.close(key);
}

const SIGNS: Record<ToastKind, [IconName, string]> = {
  done: ['check-circle', 'text-state-published'],
  info: ['info', 'text-state-scheduled'],
  failed: ['alert', 'text-state-failed'],
};

/** Where toasts appear; rendered once, at the root. A page with a bottom bar sets its height in `--bar`, so that toasts don't cover it. */
export function Toasts() {
  const { t } = useTranslation('design');
  return (
    <ToastRegion
      queue={queue}
      aria-label={t('notices')}
      className="fixed inset-x-3 bottom-[calc(5rem+var(--bar,0px))] z-50 flex flex-col gap-2 outline-none md:inset-x-auto md:right-5 md:bottom-[calc(1.25rem+var(--bar,0px))] md:w-96"
    >
      {({ toast: shown }) => {
        const { kind = 'done', title, detail, action } = shown.content;
        const [icon, colour] = SIGNS[kind];
        return (
          <AriaToast
            toast={shown}
            className="flex items-start gap-3 rounded-card border border-line bg-raised py-2 pr-2 pl-4 shadow-float"
          >
            <Icon name={icon} className={cx('mt-3 md:mt-1.5', colour)} />
            <ToastContent className="flex min-w-0 flex-1 flex-col py-3 md:py-1.5">
              <Text slot="title" className="font-medium">
                {title}
              </Text>
              {detail && (
                <Text slot="description" className="text-small text-quiet">
                  {detail}
                </Text>
              )}
            </ToastContent>
            {action && (
              <Button
                small
                onPress={() => {
                  action.onPress();
                  queue.close(shown.key);
                }}
              >
                {action.label}
              </Button>
            )}
            <IconButton small icon="close" label={t('close')} slot="close" />
          </AriaToast>
        );
      }}
    </ToastRegion>
  );
}
