import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';
import { useOnline } from './online';

/** Shows at the top of every page that the device is offline or the server can't be reached. */
export function OfflineBar() {
  const { t } = useTranslation('shell');
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className="flex items-center justify-center gap-2 bg-state-needs-tint px-4 py-2 text-body text-state-needs">
          <Icon name="wifi-off" className="size-4.5" />
          {t(navigator.onLine ? 'unreachable' : 'offline')}
        </p>
      )}
    </div>
  );
}
