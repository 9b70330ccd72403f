import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { Card, Section } from '@/design/Card';

/** Whether a platform that fetches the files of posts from here can do so. Nothing is shown where it is sent them. */
export function Fetching({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform)?.name ?? channel.platform;
  const params = { params: { path: { channel: channel.id } } };
  const { data, isFetching, refetch } = query.useQuery('get', '/v1/channels/{channel}/reachability', params);
  if (!data?.fetches) return null;
  const how = data.severity ?? 'well';
  return (
    <Section title={t('fetching.title')} hint={t('fetching.hint', { platform })}>
      <Card className="flex flex-wrap items-start gap-x-4 gap-y-3 p-4">
        <div className="flex min-w-0 flex-1 basis-64 flex-col items-start gap-1.5">
          <Badge tone={how === 'well' ? 'published' : 'needs'} icon={how === 'well' ? 'check' : 'alert'}>
            {t(`fetching.${how}`, { platform })}
          </Badge>
          {data.why && <p className="wrap-anywhere">{data.why}</p>}
        </div>
        <Button small icon="refresh" isPending={isFetching} onPress={() => void refetch()}>
          {t('fetching.again')}
        </Button>
      </Card>
    </Section>
  );
}
