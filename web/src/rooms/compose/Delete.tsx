import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { workspaceHeader } from '@/api/workspace';
import { queries } from '@/app/queries';
import { IconButton } from '@/design/Button';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { toast } from '@/design/Toast';
import { forget } from './saving/backup';
import type { Saver } from './saving/saver';

/** Deletes the draft, or unschedules and deletes what is scheduled. It can be brought back from the notice. */
export function Delete({
  workspace,
  saver,
  post,
  isScheduled,
  onDeleted,
}: {
  workspace: string;
  saver: Saver;
  post: string;
  isScheduled: boolean;
  onDeleted: () => void;
}) {
  const { t } = useTranslation('compose');
  async function act() {
    const call = { params: { path: { post } }, headers: workspaceHeader(workspace) };
    await api.DELETE('/v1/posts/{post}', call);
    saver.abandon();
    forget(workspace, post);
    const back = () =>
      void api.POST('/v1/posts/{post}/restore', call).then(
        () => {
          toast({ title: t('delete.undone') });
          return queries.invalidateQueries();
        },
        (error: unknown) => toast({ kind: 'failed', title: t('delete.notUndone'), detail: asProblem(error).detail }),
      );
    toast({ title: t('delete.done'), action: { label: t('undo'), onPress: back } });
    onDeleted();
  }
  return (
    <DialogTrigger>
      <IconButton look="plain" icon="trash" label={t('delete.open')} />
      <ConfirmDialog title={t('delete.title')} confirm={t('delete.act')} onConfirm={act}>
        <p>{t(isScheduled ? 'delete.scheduled' : 'delete.draft')}</p>
      </ConfirmDialog>
    </DialogTrigger>
  );
}
