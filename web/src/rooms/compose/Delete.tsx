import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { workspaceHeader } from '@/api/workspace';
import { IconButton } from '@/design/Button';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { toast } from '@/design/Toast';
import { forget } from './saving/backup';
import type { Saver } from './saving/saver';

/** Deletes the draft, or calls off what is scheduled. */
export function Delete({
  workspace,
  saver,
  isScheduled,
  onDeleted,
}: {
  workspace: string;
  saver: Saver;
  isScheduled: boolean;
  onDeleted: () => void;
}) {
  const { t } = useTranslation('compose');
  const post = saver.stored?.id;
  if (!post) return null;
  async function act(id: string) {
    await api.DELETE('/v1/posts/{post}', {
      params: { path: { post: id } },
      headers: workspaceHeader(workspace),
    });
    saver.abandon();
    forget(workspace, id);
    toast({ title: t('delete.done') });
    onDeleted();
  }
  return (
    <DialogTrigger>
      <IconButton look="plain" icon="trash" label={t('delete.open')} />
      <ConfirmDialog title={t('delete.title')} confirm={t('delete.act')} onConfirm={() => act(post)}>
        <p>{t(isScheduled ? 'delete.scheduled' : 'delete.draft')}</p>
      </ConfirmDialog>
    </DialogTrigger>
  );
}
