import { type ReactNode, useEffect, useRef, useState } from 'react';
import {
  Dialog as AriaDialog,
  Popover as AriaPopover,
  type PopoverProps as AriaPopoverProps,
  DialogTrigger,
  Heading,
  Modal,
  ModalOverlay,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Problem } from '@/api/problem';
import { asProblem } from '@/api/problem';
import { Button, IconButton } from './Button';
import { cx } from './cx';
import { ProblemNote } from './ErrorState';
import { FLOAT } from './float';

export { DialogTrigger };

const VEIL =
  'fixed inset-0 z-40 flex items-end justify-center bg-veil transition-opacity data-entering:opacity-0 data-exiting:opacity-0 md:items-center md:p-6';

interface DialogProps {
  title: string;
  /** Without it the dialog belongs inside a {@link DialogTrigger}, which opens and closes it. */
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  /** Whether a press outside closes it. Off where typed text would be lost. */
  isDismissable?: boolean;
  isAlert?: boolean;
  wide?: boolean;
  /** The buttons at its end. */
  actions?: ReactNode | ((close: () => void) => ReactNode);
  children: ReactNode | ((close: () => void) => ReactNode);
}

/** A dialog: a sheet from below at phone width, a centred card on wider screens. */
export function Dialog({
  title,
  isOpen,
  onOpenChange,
  isDismissable = true,
  isAlert,
  wide,
  actions,
  children,
}: DialogProps) {
  const { t } = useTranslation('design');
  const state = isOpen === undefined ? {} : { isOpen };
  return (
    <ModalOverlay {...state} {...(onOpenChange ? { onOpenChange } : {})} isDismissable={isDismissable} className={VEIL}>
      <Modal
        className={cx(
          'flex max-h-[92dvh] w-full flex-col overflow-hidden rounded-t-card border border-line bg-raised shadow-float [--ground:var(--color-raised)] md:rounded-card',
          'transition-[translate,opacity] data-entering:translate-y-3 data-exiting:translate-y-3',
          wide ? 'md:max-w-2xl' : 'md:max-w-md',
        )}
      >
        <AriaDialog role={isAlert ? 'alertdialog' : 'dialog'} className="flex min-h-0 flex-1 flex-col outline-none">
          {({ close }) => (
            <>
              <header className="flex items-start justify-between gap-3 px-5 pt-4 pb-2">
                <Heading slot="title" className="pt-1.5 text-title font-semibold md:pt-0.5">
                  {title}
                </Heading>
                {!isAlert && <IconButton small icon="close" label={t('close')} onPress={close} className="-mr-2" />}
              </header>
              <Middle>{typeof children === 'function' ? children(close) : children}</Middle>
              {actions && (
                <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-surface px-5 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
                  {typeof actions === 'function' ? actions(close) : actions}
                </footer>
              )}
            </>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex]';

/** What scrolls in a dialog. Where nothing in it can be focused it is focusable itself, so that keys can scroll it. */
function Middle({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const middle = box.current;
    if (!middle) return;
    const look = () => {
      const isFocusable = middle.scrollHeight > middle.clientHeight && !middle.querySelector(FOCUSABLE);
      if (isFocusable) middle.tabIndex = 0;
      else middle.removeAttribute('tabindex');
    };
    look();
    const changes = new MutationObserver(look);
    changes.observe(middle, { childList: true, subtree: true });
    window.addEventListener('resize', look);
    return () => {
      changes.disconnect();
      window.removeEventListener('resize', look);
    };
  }, []);
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5 -outline-offset-2">
      {children}
    </div>
  );
}

/** The end of a long form in a dialog, always visible: people don't look for a button below the edge. */
export function DialogEnd({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-5 z-1 -mx-5 -mb-5 flex flex-col gap-3 border-t border-line bg-raised px-5 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
      {children}
    </div>
  );
}

/** Asks for confirmation before something that can't be undone, and says what will happen. */
export function ConfirmDialog({
  title,
  children,
  confirm,
  keeps = false,
  isDanger = true,
  onConfirm,
  ...state
}: {
  title: string;
  children: ReactNode;
  /** What the button does: "Disconnect", never "OK". */
  confirm: string;
  /** The other button says "Keep it", where "Cancel" could be read as doing it. */
  keeps?: boolean;
  isDanger?: boolean;
  /** The dialog closes on success and shows the problem on failure. */
  onConfirm: () => unknown;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}) {
  const { t } = useTranslation('design');
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function act(close: () => void) {
    setPending(true);
    setProblem(undefined);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }
  return (
    <Dialog
      {...state}
      title={title}
      isAlert
      isDismissable={false}
      actions={(close) => (
        <>
          <Button onPress={close} isDisabled={isPending} autoFocus>
            {t(keeps ? 'keep' : 'cancel')}
          </Button>
          <Button look={isDanger ? 'danger' : 'solid'} isPending={isPending} onPress={() => void act(close)}>
            {confirm}
          </Button>
        </>
      )}
    >
      <div className="flex flex-col gap-3 text-body text-quiet">{children}</div>
      {problem && <ProblemNote problem={problem} className="mt-4" />}
    </Dialog>
  );
}

/** A small panel attached to its button: filters, a picker. Belongs inside a {@link DialogTrigger}. */
export function Popover({
  label,
  children,
  className,
  ...rest
}: Omit<AriaPopoverProps, 'className' | 'style' | 'children'> & {
  label: string;
  children: ReactNode;
  className?: string;
}) {
  return (
    <AriaPopover
      offset={6}
      {...rest}
      // biome-ignore lint/a11y/useValidAriaValues: the dialog in it has the name; on a box without a role it would be no one's.
      aria-labelledby=""
      className={cx(FLOAT, 'max-w-[calc(100vw-1rem)] overflow-y-auto')}
    >
      <AriaDialog aria-label={label} className={cx('p-3 outline-none', className)}>
        {children}
      </AriaDialog>
    </AriaPopover>
  );
}
