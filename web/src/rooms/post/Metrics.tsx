import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { locale } from '@/app/language';
import { useWorkspace } from '@/app/session';
import { Bone } from '@/design/Skeleton';
import { When } from '@/design/When';

const ORDER = ['likes', 'reposts', 'replies', 'quotes', 'shares', 'bookmarks', 'impressions', 'link_clicks'] as const;

/** The numbers of what is live, over all its parts. */
export function Metrics({ publication }: { publication: string }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const read = query.useQuery(
    'get',
    '/v1/publications/{publication}/metrics',
    { params: { path: { publication } } },
    { staleTime: 600_000 },
  );
  if (read.isPending) return <Bone className="h-5 w-48" />;
  // Numbers are an extra: without them the page is whole.
  if (!read.data) return <p className="text-small text-quiet">{t('metrics.none')}</p>;
  const { items, stale_because } = read.data;
  const numbers = new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 });
  const known = ORDER.map((metric) => {
    const of = items.filter((item) => item.metric === metric);
    return { metric, isKnown: of.length > 0, value: of.reduce((sum, { value }) => sum + value, 0) };
  }).filter(({ isKnown }) => isKnown);
  if (known.length === 0) return null;
  const latest = items
    .map(({ fetched_at }) => fetched_at)
    .sort()
    .at(-1);
  return (
    <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1">
      <dl className="flex flex-wrap gap-x-5 gap-y-1">
        {known.map(({ metric, value }) => (
          <div key={metric} className="flex flex-row-reverse items-baseline gap-1.5">
            <dt className="text-small text-quiet">{t(`metrics.${metric}`, { count: value })}</dt>
            <dd className="tabular font-semibold">{numbers.format(value)}</dd>
          </div>
        ))}
      </dl>
      {latest && (
        <p className="text-small text-faint">
          {t('metrics.read')} <When at={latest} zone={zone} quietZone />
          {stale_because && <> {stale_because}</>}
        </p>
      )}
    </div>
  );
}
