import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';
import { Link } from '@/design/Link';
import { meQuery } from './session';

/** Polled, because events belong to a workspace and the stop does not. */
const AGAIN_MS = 60_000;

/** Tells everyone on every page that the emergency stop is on. */
export function StopBanner() {
  const { t } = useTranslation('shell');
  const me = useQuery({ ...meQuery, refetchInterval: AGAIN_MS });
  return (
    <div role="status">
      {me.data?.publishing_stopped && (
        <p className="flex flex-wrap items-center justify-center gap-x-2 bg-state-failed-tint px-4 py-2 text-body">
          <Icon name="stop" className="size-4.5 text-state-failed" />
          <span className="font-medium text-state-failed">{t('stopped.title')}</span>
          <span>{t('stopped.body')}</span>
          {me.data.operator ? (
            <Link to="/settings/instance">{t('stopped.see')}</Link>
          ) : (
            <span className="text-quiet">{t('stopped.who')}</span>
          )}
        </p>
      )}
    </div>
  );
}
