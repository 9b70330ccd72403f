import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useChannels, usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { ConfirmDialog } from '@/design/Dialog';
import { Icon, type IconName } from '@/design/Icon';
import { toast } from '@/design/Toast';
import { ChannelName } from '@/parts/ChannelName';
import { useRefresh } from './Mend';
import type { Queue } from './queue';

/** Ends a channel, after saying exactly what is erased, what stays, and what becomes of what is scheduled. */
export function DisconnectDialog({
  channel,
  queue,
  onClose,
}: {
  channel: ChannelBody;
  queue: Queue;
  onClose: () => void;
}) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform)?.name ?? channel.platform;
  const navigate = useNavigate();
  const refresh = useRefresh();
  const others = useChannels().data?.filter(
    ({ id, platform, connected_by }) =>
      id !== channel.id && platform === channel.platform && connected_by === channel.connected_by,
  );
  const hasOthers = channel.gives_more && (others?.length ?? 0) > 0;
  async function disconnect() {
    const { data } = await withIdentity(() =>
      api.DELETE('/v1/channels/{channel}', { params: { path: { channel: channel.id } } }),
    );
    await navigate({ to: '/channels', replace: true });
    await refresh();
    const title = t('disconnected.title', { name: channel.name });
    if (data?.revocation) {
      const detail = t('disconnected.notTold', { platform, answer: data.revocation });
      toast({ kind: 'failed', title, detail });
    } else toast({ title, detail: t(hasOthers ? 'disconnected.others' : 'disconnected.told', { platform }) });
  }
  const scheduled = queue.waiting + queue.asking;
  return (
    <ConfirmDialog
      title={t('disconnect.title', { name: channel.name })}
      confirm={t('disconnect.act')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      onConfirm={disconnect}
    >
      <ChannelName channel={channel} className="text-ink" />
      <dl className="flex flex-col gap-3.5">
        <Fact icon="trash" title={t('disconnect.erased')}>
          {t('disconnect.erasedWhat')}
        </Fact>
        <Fact icon="globe" title={t('disconnect.stays')}>
          {t('disconnect.staysWhat', { platform })}
        </Fact>
        <Fact icon="clock" title={t('disconnect.scheduled', { count: scheduled })}>
          {scheduled > 0 ? t('disconnect.scheduledWhat') : t('disconnect.scheduledNone')}
        </Fact>
        <Fact icon="send" title={t(hasOthers ? 'disconnect.othersStay' : 'disconnect.told', { platform })}>
          {t(hasOthers ? 'disconnect.toldLater' : 'disconnect.toldWhat', { account: channel.connected_by })}
        </Fact>
      </dl>
    </ConfirmDialog>
  );
}

function Fact({ icon, title, children }: { icon: IconName; title: string; children: string }) {
  return (
    <div className="relative pl-7.5">
      <dt className="font-medium text-ink">
        <Icon name={icon} className="absolute top-px left-0 size-4.5 text-quiet" />
        {title}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
