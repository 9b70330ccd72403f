import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { PlatformBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { ConfirmDialog, Dialog, DialogTrigger } from '@/design/Dialog';
import { PlatformIcon } from '@/design/PlatformIcon';
import { toast } from '@/design/Toast';
import { PlatformApp, PlatformTest } from '@/parts/PlatformApp';

/** A platform and the installation's app there: enter, test, take away. */
export function PlatformRow({ platform, onChanged }: { platform: PlatformBody; onChanged: () => Promise<unknown> }) {
  const { t } = useTranslation('settings');
  const { app, name } = platform;
  const [isOpen, setOpen] = useState(false);
  async function takeAway() {
    await withIdentity(() =>
      api.DELETE('/v1/platforms/{platform}/app', { params: { path: { platform: platform.id } } }),
    );
    await onChanged();
    toast({ title: t('platforms.gone', { platform: name }) });
  }
  return (
    <li className="flex flex-col gap-3 px-4 py-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <PlatformIcon platform={platform.id} />
        <div className="flex min-w-0 flex-1 basis-52 flex-col">
          <span className="font-medium">{name}</span>
          <span className="text-small text-quiet">{t(`platforms.state.${stateOf(platform)}`, { platform: name })}</span>
        </div>
        {app.needed && !app.entered && (
          <Badge tone="needs" icon="key">
            {t('platforms.missing')}
          </Badge>
        )}
        {app.needed && app.entered && (
          <Badge tone="published" icon="check-circle">
            {t('platforms.entered')}
          </Badge>
        )}
      </div>
      <div className="flex flex-wrap items-start gap-2">
        {app.needed && (
          <Button icon="key" look={app.entered ? 'plain' : 'solid'} onPress={() => setOpen(true)}>
            {t(app.entered ? 'platforms.replace' : 'platforms.enter', { platform: name })}
          </Button>
        )}
        {app.needed && app.entered && (
          <DialogTrigger>
            <Button icon="trash">{t('platforms.takeAway')}</Button>
            <ConfirmDialog
              title={t('platforms.takeAwayTitle', { platform: name })}
              confirm={t('platforms.takeAway')}
              onConfirm={takeAway}
            >
              <p>{t('platforms.takeAwayBody', { platform: name })}</p>
            </ConfirmDialog>
          </DialogTrigger>
        )}
        {(!app.needed || app.entered) && <PlatformTest platform={platform} />}
      </div>
      {isOpen && (
        <Dialog
          title={t('platforms.appOf', { platform: name })}
          isOpen
          isDismissable={false}
          onOpenChange={(open) => !open && setOpen(false)}
        >
          <PlatformApp
            platform={platform}
            onSaved={() => {
              setOpen(false);
              toast({ title: t('platforms.saved', { platform: name }), detail: t('platforms.savedDetail') });
            }}
          />
        </Dialog>
      )}
    </li>
  );
}

function stateOf({ app }: PlatformBody): 'none' | 'entered' | 'missing' {
  if (!app.needed) return 'none';
  return app.entered ? 'entered' : 'missing';
}
