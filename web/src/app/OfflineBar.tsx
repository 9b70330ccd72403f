import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';

function subscribe(listener: () => void): () => void {
  globalThis.addEventListener('online', listener);
  globalThis.addEventListener('offline', listener);
  return () => {
    globalThis.removeEventListener('online', listener);
    globalThis.removeEventListener('offline', listener);
  };
}

/**
 * Whether the device has a connection.
 * @public
 */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}

/** Says at the top of every page that the device has no connection. What is scheduled goes out without it. */
export function OfflineBar() {
  const { t } = useTranslation('shell');
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className="flex items-center justify-center gap-2 bg-state-needs-tint px-4 py-2 text-body text-state-needs">
          <Icon name="wifi-off" className="size-4.5" />
          {t('offline')}
        </p>
      )}
    </div>
  );
}
