import { useBlocker } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseWorkspace, chosenWorkspace } from '@/api/workspace';
import { queries } from '@/app/queries';
import { isOutside } from '@/app/session';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { forget } from './saving/backup';
import type { Saver } from './saving/saver';

interface Around {
  saver: Saver;
  workspace: string;
  /** What would be lost: changes that are stored only when someone says so, or files on their way. */
  loses: 'changes' | 'files' | undefined;
  /** Something is nowhere but in this browser: the window asks before it closes, other pages of the app do not. */
  isOnlyHere: boolean;
  /** Stores it all; false if that was not possible. */
  onSave: () => Promise<boolean>;
}

/** Asks before the page is left while it has unsaved changes. Returns the question, while it is open. */
export function useLeaving({ saver, workspace, loses, isOnlyHere, onSave }: Around) {
  const blocker = useBlocker({
    // A draft gets its address with its first words: that is no leaving. Nor is it one's choice when the session has
    // ended: what is kept in the browser is found again after signing in.
    shouldBlockFn: ({ next }) =>
      loses !== undefined && next.pathname !== `/compose/${saver.stored?.id}` && !isOutside(next.pathname),
    enableBeforeUnload: () => loses !== undefined || isOnlyHere,
    withResolver: true,
  });
  // The file has arrived while the question was open: there is nothing left to ask.
  useEffect(() => {
    if (blocker.status === 'blocked' && !loses) blocker.proceed();
  }, [blocker, loses]);
  if (blocker.status !== 'blocked' || !loses) return null;
  const stay = () => {
    // A person on the way to another workspace is still in this one.
    if ((chosenWorkspace() ?? workspace) !== workspace) {
      chooseWorkspace(workspace);
      // Something may have been read in the other one meanwhile.
      void queries.invalidateQueries();
    }
    blocker.reset?.();
  };
  const leave = () => {
    if (loses === 'changes') forget(workspace, saver.stored?.id);
    blocker.proceed();
  };
  async function save() {
    if (await onSave()) blocker.proceed?.();
    else stay();
  }
  return <Question loses={loses} onStay={stay} onLeave={leave} {...(loses === 'changes' && { save })} />;
}

interface Asked {
  loses: 'changes' | 'files';
  onStay: () => void;
  onLeave: () => void;
  save?: () => Promise<void>;
}

function Question({ loses, onStay, onLeave, save }: Asked) {
  const { t } = useTranslation('compose');
  const [isPending, setPending] = useState(false);
  async function store() {
    setPending(true);
    await save?.();
    setPending(false);
  }
  return (
    <Dialog
      isAlert
      isOpen
      isDismissable={false}
      title={t(`leave.${loses}Title`)}
      actions={
        <>
          <Button onPress={onStay} isDisabled={isPending} autoFocus>
            {t('leave.stay')}
          </Button>
          <Button look={save ? 'plain' : 'danger'} onPress={onLeave} isDisabled={isPending}>
            {t('leave.leave')}
          </Button>
          {save && (
            <Button look="solid" isPending={isPending} onPress={() => void store()}>
              {t('leave.save')}
            </Button>
          )}
        </>
      }
    >
      <p className="text-body text-quiet">{t(`leave.${loses}`)}</p>
    </Dialog>
  );
}
