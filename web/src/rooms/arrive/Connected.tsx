import { Navigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChannels, usePlatform } from '@/api/hooks';
import { Waiting } from '@/app/Outcomes';
import { toast } from '@/design/Toast';
import { cameFrom } from '@/parts/connecting';

/** Where a platform's consent page comes back to: says which account was connected, where the person was before. */
export function Connected() {
  const { t } = useTranslation('arrive');
  const { channel: id } = useParams({ from: '/inside/connected/$channel' });
  const channels = useChannels();
  const channel = channels.data?.find((one) => one.id === id);
  const platform = usePlatform(channel?.platform ?? '');
  const [back] = useState(cameFrom);
  useEffect(() => {
    if (channel && platform) {
      toast({ title: t('connected', { name: channel.name, platform: platform.name }) });
    }
  }, [channel, platform, t]);
  if (channels.isPending || (channel && !platform)) return <Waiting />;
  return <Navigate to={back} replace />;
}
