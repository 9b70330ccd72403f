import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useMe } from '@/api/hooks';
import { withIdentity } from '@/app/identity';
import { queries } from '@/app/queries';
import { meQuery } from '@/app/session';
import { Button } from '@/design/Button';
import { Section } from '@/design/Card';
import { cx } from '@/design/cx';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { ErrorState } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { Bone } from '@/design/Skeleton';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';

/** Stops all publishing of the installation, after saying what that does; and lets it go on. */
export function EmergencyStop() {
  const { t } = useTranslation('settings');
  const { zone } = useMe();
  const stop = query.useQuery('get', '/v1/instance/stop');
  if (stop.error) return <ErrorState problem={stop.error} onRetry={() => void stop.refetch()} />;
  if (!stop.data) return <Bone className="h-28 w-full rounded-card" />;
  const { stopped, since } = stop.data;
  async function changed() {
    await Promise.all([
      stop.refetch(),
      queries.invalidateQueries({ queryKey: meQuery.queryKey }),
      queries.invalidateQueries({ queryKey: ['get', '/v1/instance'] }),
    ]);
  }
  return (
    <Section title={t('stop.title')}>
      <div
        className={cx(
          'flex flex-col gap-3 rounded-card border p-4 lg:flex-row lg:items-center lg:justify-between',
          stopped ? 'border-transparent bg-state-failed-tint' : 'border-line bg-surface',
        )}
      >
        <div className="flex items-start gap-3">
          <Icon
            name={stopped ? 'stop' : 'play'}
            className={cx('mt-px', stopped ? 'text-state-failed' : 'text-state-published')}
          />
          <div className="flex flex-col gap-0.5">
            <p className="font-medium">{stopped ? t('stop.isOn') : t('stop.isOff')}</p>
            <p className="measure text-quiet">
              {stopped && since ? (
                <>
                  {t('stop.since')} <When at={since} zone={zone} />
                </>
              ) : (
                t('stop.what')
              )}
            </p>
          </div>
        </div>
        {stopped ? <GoOn onChanged={changed} /> : <Stop onChanged={changed} />}
      </div>
    </Section>
  );
}

function Stop({ onChanged }: { onChanged: () => Promise<void> }) {
  const { t } = useTranslation('settings');
  async function act() {
    await api.PUT('/v1/instance/stop');
    await onChanged();
    toast({ title: t('stop.stopped') });
  }
  return (
    <DialogTrigger>
      <Button look="danger" icon="stop">
        {t('stop.act')}
      </Button>
      <ConfirmDialog title={t('stop.confirmTitle')} confirm={t('stop.act')} onConfirm={act}>
        <ul className="flex list-disc flex-col gap-2 pl-5">
          <li>{t('stop.everywhere')}</li>
          <li>{t('stop.onTheWay')}</li>
          <li>{t('stop.scheduled')}</li>
          <li>{t('stop.everybody')}</li>
          <li>{t('stop.back')}</li>
        </ul>
      </ConfirmDialog>
    </DialogTrigger>
  );
}

function GoOn({ onChanged }: { onChanged: () => Promise<void> }) {
  const { t } = useTranslation('settings');
  async function act() {
    await withIdentity(() => api.DELETE('/v1/instance/stop'));
    await onChanged();
    toast({ title: t('stop.wentOn') });
  }
  return (
    <DialogTrigger>
      <Button look="solid" icon="play">
        {t('stop.goOn')}
      </Button>
      <ConfirmDialog title={t('stop.goOnTitle')} confirm={t('stop.goOn')} isDanger={false} onConfirm={act}>
        <p>{t('stop.goOnBody')}</p>
      </ConfirmDialog>
    </DialogTrigger>
  );
}
