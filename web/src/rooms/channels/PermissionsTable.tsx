import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Section } from '@/design/Card';
import { List } from '@/design/Table';
import { useFeatureWords } from '@/parts/features';
import { missingScopes } from './health';
import { Reconnect } from './Mend';

/** What the account has allowed, and what each missing permission switches off, with the way to add it. */
export function PermissionsTable({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform);
  const mayManage = useMay('channels:manage');
  const words = useFeatureWords();
  const isPassword = channel.scopes.length === 0;
  if (!platform) return null;
  return (
    <Section
      title={t('permissions.title')}
      hint={t(isPassword ? 'permissions.password' : 'permissions.hint', { platform: platform.name })}
    >
      <List label={t('permissions.title')}>
        {platform.features.map((feature) => {
          const missing = missingScopes(channel, feature);
          const isOn = missing.length === 0;
          return (
            <li key={feature.name} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
              <div className="flex min-w-0 flex-1 basis-52 flex-col gap-0.5">
                <span className="font-medium">{words(feature.name).does}</span>
                {!isOn && <span className="text-small text-quiet">{words(feature.name).without}</span>}
                {!isPassword && feature.scopes.length > 0 && (
                  <span className="font-mono text-small break-all text-faint">{feature.scopes.join(' ')}</span>
                )}
              </div>
              {isOn ? (
                <Badge tone="published" icon="check">
                  {t('permissions.on')}
                </Badge>
              ) : (
                <Badge tone="muted" icon="minus">
                  {t('permissions.off')}
                </Badge>
              )}
              {!isOn && mayManage && <Reconnect channel={channel} wants={[feature.name]} />}
            </li>
          );
        })}
      </List>
    </Section>
  );
}
