import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMe, usePlatforms } from '@/api/hooks';
import type { CheckBody, InstanceBody } from '@/api/schema';
import { locale } from '@/app/language';
import { Badge, type Tone } from '@/design/Badge';
import { Section } from '@/design/Card';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import type { IconName } from '@/design/Icon';
import { numberWords } from '@/design/number';
import { PageHeader } from '@/design/PageHeader';
import { Bone, Skeleton } from '@/design/Skeleton';
import { List } from '@/design/Table';
import { fromNow, When } from '@/design/When';
import { EmergencyStop } from './EmergencyStop';
import { byVerdict, sentence } from './instance';
import { PlatformRow } from './PlatformRow';

/** How often what runs is looked at again while the page is open. */
const AGAIN_MS = 15_000;

/** The installation: is all well, the platforms' apps, the emergency stop. For its operator. */
export function Instance() {
  const { t } = useTranslation('settings');
  const { operator } = useMe();
  if (!operator) {
    return (
      <EmptyState isPage icon="lock" title={t('instance.notYours')}>
        {t('instance.notYoursBody')}
      </EmptyState>
    );
  }
  return (
    <>
      <PageHeader title={t('instance.title')} hint={t('instance.hint')} />
      <EmergencyStop />
      <Health />
      <Platforms />
    </>
  );
}

function Health() {
  const { t } = useTranslation('settings');
  const instance = query.useQuery('get', '/v1/instance', {}, { refetchInterval: AGAIN_MS });
  if (instance.error) return <ErrorState problem={instance.error} onRetry={() => void instance.refetch()} />;
  const checks = instance.data && byVerdict(instance.data.checks);
  return (
    <Section title={t('health.title')} hint={instance.data && t(instance.data.healthy ? 'health.well' : 'health.bad')}>
      {instance.data ? <Figures instance={instance.data} /> : <Bone className="h-24 w-full rounded-card" />}
      {checks ? (
        <List label={t('health.checks')}>
          {checks.map((check) => (
            <Check key={`${check.name} ${check.detail}`} check={check} />
          ))}
        </List>
      ) : (
        <Skeleton rows={6} />
      )}
    </Section>
  );
}

const VERDICTS: Record<CheckBody['verdict'], [Tone, IconName]> = {
  good: ['published', 'check-circle'],
  warning: ['needs', 'eye'],
  bad: ['failed', 'alert'],
};

/** The checks with a name in the catalogue. */
const NAMES = ['database', 'clock', 'nodes', 'keys', 'files', 'platform', 'disk', 'stop', 'settings', 'proxy'] as const;

function Check({ check: { name, verdict, detail, means, remedy } }: { check: CheckBody }) {
  const { t } = useTranslation('settings');
  const [tone, icon] = VERDICTS[verdict];
  const known = NAMES.find((one) => one === name);
  return (
    <li className="flex flex-col gap-0.5 px-4 py-3">
      <div className="flex items-start justify-between gap-4">
        <span className="font-medium">{known ? t(`health.name.${known}`) : name}</span>
        <Badge tone={tone} icon={icon}>
          {t(`health.verdict.${verdict}`)}
        </Badge>
      </div>
      <span className="break-words">{sentence(detail)}</span>
      <span className="text-small text-quiet">{means}</span>
      {remedy && <span className="mt-1 rounded-control bg-state-needs-tint px-3 py-2">{remedy}</span>}
    </li>
  );
}

function Figures({ instance }: { instance: InstanceBody }) {
  const { t } = useTranslation('settings');
  const { zone } = useMe();
  const alive = instance.nodes.filter((node) => node.alive).length;
  const moving = Object.values(instance.moving as Record<string, number>).reduce((sum, count) => sum + count, 0);
  const bytes = new Intl.NumberFormat(locale(), { style: 'unit', unit: 'gigabyte', maximumFractionDigits: 1 });
  const figures: [string, React.ReactNode][] = [
    [t('figures.version'), instance.version],
    [t('figures.database'), t(instance.database === 'postgres' ? 'figures.postgres' : 'figures.sqlite')],
    [t('figures.started'), <When key="started" at={instance.started_at} zone={zone} />],
    [t('figures.nodes'), t('figures.nodesAlive', { count: alive })],
    [t('figures.moving'), numberWords(moving)],
    [t('figures.inFlight'), numberWords(instance.lanes_in_flight)],
    [
      t('figures.waiting'),
      instance.waiting_since
        ? t('figures.waitingSince', { count: instance.lanes_waiting, when: fromNow(instance.waiting_since) })
        : t('figures.nothingWaits'),
    ],
    [t('figures.disk'), instance.disk_left_bytes ? bytes.format(instance.disk_left_bytes / 1e9) : t('figures.unknown')],
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 rounded-card border border-line bg-surface p-4 md:grid-cols-4">
      {figures.map(([name, value]) => (
        <div key={name} className="flex min-w-0 flex-col gap-0.5">
          <dt className="text-small text-quiet">{name}</dt>
          <dd className="tabular break-words [&_time]:whitespace-normal">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Platforms() {
  const { t } = useTranslation('settings');
  const platforms = usePlatforms();
  return (
    <Section title={t('platforms.title')} hint={t('platforms.hint')}>
      {platforms.isPending && <Skeleton rows={3} />}
      {platforms.error && <ErrorState problem={platforms.error} onRetry={() => void platforms.refetch()} />}
      {platforms.data && (
        <List label={t('platforms.title')}>
          {platforms.data.map((platform) => (
            <PlatformRow key={platform.id} platform={platform} onChanged={() => platforms.refetch()} />
          ))}
        </List>
      )}
    </Section>
  );
}
