import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { KeyBody, MadeKeyBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { useMay, useWorkspace } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Button, IconButton } from '@/design/Button';
import { Card } from '@/design/Card';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState, Forbidden } from '@/design/ErrorState';
import { ExternalLink } from '@/design/Link';
import { PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { List } from '@/design/Table';
import { toast } from '@/design/Toast';
import { fromNow, When } from '@/design/When';
import { channelWords } from '@/parts/ChannelName';
import { KeyShown } from './KeyShown';
import { begins, keyState } from './keys';
import { MakeKey } from './MakeKey';
import { RotateKey } from './RotateKey';

/** API keys: what programs of the workspace use. Each is shown once, and expires. */
export function Keys() {
  const { t } = useTranslation('settings');
  const mayManage = useMay('keys:manage');
  const keys = query.useQuery('get', '/v1/keys', {}, { enabled: mayManage });
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKeyBody>();
  if (!mayManage) return <Forbidden permission="keys:manage" />;
  const make = (
    <Button look="solid" icon="plus" onPress={() => setMaking(true)}>
      {t('keys.new')}
    </Button>
  );
  function onMade(body: MadeKeyBody) {
    setMaking(false);
    setMade(body);
    void keys.refetch();
  }
  const isEmpty = keys.data?.items.length === 0;
  return (
    <>
      <PageHeader
        title={t('keys.title')}
        hint={
          <>
            {t('keys.hint')} <ExternalLink href="/v1/docs">{t('keys.docs')}</ExternalLink>
          </>
        }
        actions={!isEmpty && make}
      />
      {keys.isPending && <Skeleton rows={3} />}
      {keys.error && <ErrorState problem={keys.error} onRetry={() => void keys.refetch()} />}
      {isEmpty && (
        <Card>
          <EmptyState icon="key" title={t('keys.emptyTitle')} action={make}>
            {t('keys.emptyBody')}
          </EmptyState>
        </Card>
      )}
      {!!keys.data?.items.length && (
        <List label={t('keys.title')}>
          {keys.data.items.map((key) => (
            <Key key={key.id} apiKey={key} onMade={onMade} onRevoked={() => keys.refetch()} />
          ))}
        </List>
      )}
      {isMaking && <MakeKey onClose={() => setMaking(false)} onMade={onMade} />}
      {made && <KeyShown made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

const TONES = { good: 'published', 'ends-soon': 'needs', ended: 'failed' } as const;

function Key({
  apiKey: key,
  onMade,
  onRevoked,
}: {
  apiKey: KeyBody;
  onMade: (made: MadeKeyBody) => void;
  onRevoked: () => Promise<unknown>;
}) {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  const state = keyState(key, Date.now());
  async function revoke() {
    await withIdentity(() => api.DELETE('/v1/keys/{key}', { params: { path: { key: key.id } } }));
    await onRevoked();
    toast({ title: t('keys.revoked', { name: key.name }) });
  }
  return (
    <li className="flex flex-col gap-3 px-4 py-4 sm:flex-row sm:items-start">
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="font-semibold">{key.name}</span>
          <code className="font-mono text-small text-quiet">{begins(key)}</code>
          {state !== 'good' && <Badge tone={TONES[state]}>{t(`keys.state.${state}`)}</Badge>}
        </div>
        <p className="text-small text-quiet">
          {key.last_used_at
            ? t('keys.used', { when: fromNow(key.last_used_at), where: key.last_used_from ?? '' })
            : t('keys.unused')}
          {' · '}
          {t('keys.ends')} <When at={key.expires_at} zone={zone} shape="date" /> ({fromNow(key.expires_at)})
        </p>
        <Reach apiKey={key} />
      </div>
      <div className="flex gap-2">
        <RotateKey apiKey={key} onMade={onMade} />
        <DialogTrigger>
          <IconButton small icon="trash" label={t('keys.revokeOf', { name: key.name })} />
          <ConfirmDialog
            title={t('keys.revokeTitle', { name: key.name })}
            confirm={t('keys.revoke')}
            onConfirm={revoke}
          >
            <p>{t('keys.revokeBody')}</p>
          </ConfirmDialog>
        </DialogTrigger>
      </div>
    </li>
  );
}

/** What it may do, on which channels, from where. */
function Reach({ apiKey: { permissions, channels, addresses } }: { apiKey: KeyBody }) {
  const { t } = useTranslation('settings');
  const known = useChannels().data;
  const names = channels?.map((id) => {
    const channel = known?.find((one) => one.id === id);
    return channel ? channelWords(channel) : t('keys.goneChannel');
  });
  return (
    <>
      <ul className="flex flex-wrap gap-1" aria-label={t('keys.permissions')}>
        {permissions.map((permission) => (
          <li key={permission}>
            <code className="rounded-small bg-sunken px-1.5 py-0.5 font-mono text-small text-quiet">{permission}</code>
          </li>
        ))}
      </ul>
      {(names || addresses) && (
        <p className="text-small text-quiet">
          {names && t('keys.onlyChannels', { names: names.join(', ') })}
          {names && addresses && ' '}
          {addresses && t('keys.onlyFrom', { addresses: addresses.join(', ') })}
        </p>
      )}
    </>
  );
}
