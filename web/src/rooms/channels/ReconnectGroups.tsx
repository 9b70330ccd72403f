import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Icon } from '@/design/Icon';
import { Reconnect } from './Mend';

/** One block and one button for each account with several channels to reconnect. */
export function ReconnectGroups({ groups }: { groups: readonly ChannelBody[][] }) {
  return groups.flatMap(([first, ...rest]) =>
    first ? <Group key={`${first.platform} ${first.connected_by}`} first={first} count={rest.length + 1} /> : [],
  );
}

function Group({ first, count }: { first: ChannelBody; count: number }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(first.platform)?.name ?? first.platform;
  const mayManage = useMay('channels:manage');
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border border-state-needs bg-surface p-4">
      <Icon name="plug" className="text-state-needs" />
      <p className="min-w-0 flex-1 basis-64 wrap-break-word">
        {t('reconnectAll', { count, account: first.connected_by, platform })}
      </p>
      {mayManage && <Reconnect channel={first} isUrgent />}
    </div>
  );
}
