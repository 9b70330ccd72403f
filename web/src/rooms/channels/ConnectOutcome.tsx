import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { usePlatform, usePlatforms } from '@/api/hooks';
import { Problem } from '@/api/problem';
import type { ChannelBody } from '@/api/schema';
import { COMPOSE } from '@/app/navigation';
import { useMay } from '@/app/session';
import { Button, IconButton } from '@/design/Button';
import { useProblemWords } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { ButtonLink } from '@/design/Link';
import { ChannelName } from '@/parts/ChannelName';
import { ConnectDialog } from '@/parts/ConnectDialog';
import { together } from './outcome';

/** An account was connected: which, and what comes next. */
export function JustConnected({
  channels,
  first,
  onDone,
}: {
  channels: ChannelBody[];
  first: string;
  onDone: () => void;
}) {
  const { t } = useTranslation('channels');
  const platforms = usePlatforms();
  const made = together(channels, first);
  const [channel] = made;
  if (!channel) return null;
  const platform = platforms.data?.find(({ id }) => id === channel.platform)?.name ?? channel.platform;
  return (
    <section
      role="status"
      aria-label={t('connected.label')}
      className="flex flex-col gap-4 rounded-card border border-line bg-state-published-tint p-4 md:p-5"
    >
      <div className="flex items-start gap-3">
        <Icon name="check-circle" className="mt-0.5 text-state-published" />
        <div className="flex min-w-0 flex-1 flex-col gap-1">
          <h2 className="text-read font-semibold">
            {made.length === 1
              ? t('connected.one', { name: channel.name, platform })
              : t('connected.several', { count: made.length, platform })}
          </h2>
          <p className="measure text-body text-quiet">{t('connected.next')}</p>
        </div>
        <IconButton small icon="close" label={t('connected.dismiss')} onPress={onDone} />
      </div>
      {made.length > 1 && (
        <ul className="flex flex-wrap gap-x-5 gap-y-2 pl-8" aria-label={t('connected.list')}>
          {made.map((one) => (
            <li key={one.id} className="min-w-0">
              <ChannelName channel={one} size="small" />
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2 pl-8">
        <ButtonLink to="/channels/$channel" params={{ channel: channel.id }} hash="slots" icon="clock">
          {t('connected.slots')}
        </ButtonLink>
        {COMPOSE && (
          <ButtonLink to={COMPOSE} look="solid" icon="plus">
            {t('connected.write')}
          </ButtonLink>
        )}
      </div>
    </section>
  );
}

/** Nothing was connected: why, and the way to try again. Nothing of the account was read or kept. */
export function Refused({
  reason,
  platform: id,
  attempt,
  onDone,
}: {
  reason: string;
  platform?: string;
  attempt?: string;
  onDone: () => void;
}) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(id ?? '');
  const mayManage = useMay('channels:manage');
  const [isAgain, setAgain] = useState(false);
  const said = useReason(reason, platform?.name ?? t('refused.platform'), attempt);
  return (
    <section
      role="alert"
      className="flex items-start gap-3 rounded-card border border-line bg-state-failed-tint p-4 md:p-5"
    >
      <Icon name="alert" className="mt-0.5 text-state-failed" />
      <div className="flex min-w-0 flex-1 flex-col items-start gap-1">
        <h2 className="text-read font-semibold">{said.title}</h2>
        <p className="measure text-body">{said.what}</p>
        <p className="measure text-body text-quiet">{t('refused.nothing')}</p>
        {platform && mayManage && (
          <Button className="mt-2" icon="refresh" onPress={() => setAgain(true)}>
            {t('refused.again')}
          </Button>
        )}
      </div>
      <IconButton small icon="close" label={t('connected.dismiss')} onPress={onDone} />
      {isAgain && platform && (
        <ConnectDialog platform={platform} onClose={() => setAgain(false)} onConnected={onDone} />
      )}
    </section>
  );
}

/** Reasons that are no problem of the API: what the person did there, and what the account has. */
const OWN = ['access-denied', 'nothing-to-connect', 'connect-failed', 'connect-expired'] as const;
type Own = (typeof OWN)[number];

function useReason(reason: string, platform: string, attempt = ''): { title: string; what: string } {
  const { t } = useTranslation('channels');
  const words = useProblemWords();
  const params = { path: { connection: attempt } };
  const told = query.useQuery('get', '/v1/connections/{connection}', { params }, { enabled: attempt !== '' });
  const { expected, came, detail } = told.data ?? {};
  if (expected && came) {
    const accounts = { expected, came, platform };
    return { title: t('refused.otherAccount.title', accounts), what: t('refused.otherAccount.what', accounts) };
  }
  if (reason === 'connect-failed' && detail)
    return { title: t('refused.connect-failed.title', { platform }), what: detail };
  const own = OWN.find((one): one is Own => one === reason);
  if (own) return { title: t(`refused.${own}.title`, { platform }), what: t(`refused.${own}.what`, { platform }) };
  const problem = words(new Problem({ type: `/problems/${reason}`, title: t('refused.other', { platform }) }));
  return { title: problem.title, what: problem.remedy || t('refused.otherWhat') };
}
