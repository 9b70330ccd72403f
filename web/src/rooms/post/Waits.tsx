import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PostBody, PublicationBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { ConfirmDialog, Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { toast } from '@/design/Toast';
import { decide, reschedule, restoreAll } from './acts';
import { isMovable } from './model/summary';
import { TimeFields, useTime } from './TimeFields';
import { useAct } from './useAct';
import { useUndoToast } from './useUndoToast';

/** What can be done with what waits for its time: another time, now, or not at all. */
export function Waits({ post, publication }: { post: PostBody; publication: PublicationBody }) {
  const { t } = useTranslation('post');
  const [asked, ask] = useState<'move' | 'cancel'>();
  const undoToast = useUndoToast();
  if (!useMay('posts:publish')) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {isMovable(publication) && (
        <Button small icon="calendar" onPress={() => ask('move')}>
          {t('waits.move')}
        </Button>
      )}
      <Button small look="quiet" onPress={() => ask('cancel')}>
        {t('waits.cancel')}
      </Button>
      {asked === 'move' && <MoveDialog post={post} channel={publication.channel} onClose={() => ask(undefined)} />}
      <ConfirmDialog
        title={t('waits.cancelTitle')}
        confirm={t('cancel.confirm')}
        keeps
        isOpen={asked === 'cancel'}
        onOpenChange={() => ask(undefined)}
        onConfirm={async () => {
          await decide(publication.id, 'cancel');
          undoToast(t('cancel.done'), () => restoreAll([publication]));
        }}
      >
        <p>{t('waits.cancelBody')}</p>
      </ConfirmDialog>
    </div>
  );
}

function MoveDialog({ post, channel, onClose }: { post: PostBody; channel: string; onClose: () => void }) {
  const { t } = useTranslation('post');
  const time = useTime();
  const { act, isPending, problem } = useAct();
  const done = () => {
    toast({ title: t('choice.done.another') });
    onClose();
  };
  return (
    <Dialog
      title={t('waits.moveTitle')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <>
          <Button
            isPending={isPending}
            onPress={() => void act(() => reschedule(post, [channel], { now: true }), done)}
          >
            {t('waits.now')}
          </Button>
          <Button
            look="solid"
            isDisabled={!time.isGood}
            isPending={isPending}
            onPress={() => void act(() => reschedule(post, [channel], time.schedule), done)}
          >
            {t('choice.button.another')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TimeFields time={time} />
        {problem && <ProblemNote problem={problem} isLive="not-live" />}
      </div>
    </Dialog>
  );
}
