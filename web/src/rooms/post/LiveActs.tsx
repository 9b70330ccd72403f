import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody, PostBody, PublicationBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { ConfirmDialog, Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { toast } from '@/design/Toast';
import { changeLive, deleteLive } from './acts';
import { TextFields, useTexts } from './TextFields';
import { useAct } from './useAct';

interface Props {
  post: PostBody;
  publication: PublicationBody;
  channel: ChannelBody | undefined;
}

/** What can be done at the platform with what is live there, where the platform allows it. */
export function LiveActs({ post, publication, channel }: Props) {
  const { t } = useTranslation('post');
  const [asked, ask] = useState<'change' | 'delete'>();
  const platform = usePlatform(channel?.platform ?? '')?.name ?? '';
  const limits = channel?.limits;
  const canChange = limits?.edit && !channel?.switched_off.includes('edit');
  const canDelete = limits?.delete && !channel?.switched_off.includes('delete');
  if (!canChange && !canDelete) return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {canChange && (
        <Button small icon="draft" onPress={() => ask('change')}>
          {t('live.change')}
        </Button>
      )}
      {canDelete && (
        <Button small look="quiet" icon="trash" onPress={() => ask('delete')}>
          {t('live.delete', { platform })}
        </Button>
      )}
      {!canChange && <p className="text-small text-quiet">{t('live.noChange', { platform })}</p>}
      {asked === 'change' && (
        <ChangeDialog post={post} publication={publication} platform={platform} onClose={() => ask(undefined)} />
      )}
      <ConfirmDialog
        title={t('live.deleteTitle', { platform })}
        confirm={t('live.delete', { platform })}
        isOpen={asked === 'delete'}
        onOpenChange={() => ask(undefined)}
        onConfirm={async () => {
          await deleteLive(publication.id);
          toast({ title: t('live.deleted', { platform }) });
        }}
      >
        <p>{t('live.deleteBody', { platform })}</p>
      </ConfirmDialog>
    </div>
  );
}

function ChangeDialog({
  post,
  publication,
  platform,
  onClose,
}: Omit<Props, 'channel'> & { platform: string; onClose: () => void }) {
  const { t } = useTranslation('post');
  const { act, isPending, problem } = useAct();
  const texts = useTexts(post, publication);
  const save = () =>
    void act(
      () => changeLive(publication, texts.parts),
      () => {
        toast({ title: t('live.changed', { platform }) });
        onClose();
      },
    );
  return (
    <Dialog
      title={t('live.changeTitle', { platform })}
      isOpen
      wide
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button look="solid" isPending={isPending} onPress={save}>
          {t('live.save', { platform })}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-quiet">{t('live.changeBody', { platform })}</p>
        <TextFields texts={texts} />
        {problem && <ProblemNote problem={problem} isLive="live" />}
      </div>
    </Dialog>
  );
}
