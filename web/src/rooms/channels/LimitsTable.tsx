import { useTranslation } from 'react-i18next';
import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { locale } from '@/app/language';
import { Section } from '@/design/Card';
import { numberWords } from '@/design/number';
import { limitRows, type Sayer } from './limits';

/** Bytes as networks state them: in powers of 1000 where that is round, or else of 1024. */
function bytes(size: number): string {
  const base = size % 1_000 === 0 || size < 1_024 ? 1_000 : 1_024;
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = Math.min(3, Math.floor(Math.log(Math.max(size, 1)) / Math.log(base)));
  const words = { style: 'unit', unit: units[step] ?? 'byte', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale(), words).format(size / base ** step);
}

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

function duration(ms: number): string {
  const [unit, size] = STEPS.find(([, one]) => ms >= one) ?? ['second', 1_000];
  const words = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale(), words).format(ms / size);
}

/** What the network takes on this channel, with where that is written. */
export function LimitsTable({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const platform = usePlatform(channel.platform);
  if (!channel.limits) return null;
  const sayer: Sayer = {
    say: (key, values) => t(`limits.say.${key}`, values ?? {}),
    bytes,
    number: numberWords,
    duration,
  };
  return (
    <Section title={t('limits.title', { platform: platform?.name ?? channel.platform })} hint={t('limits.hint')}>
      <dl className="divide-y divide-line rounded-card border border-line bg-surface">
        {limitRows(channel.limits, sayer).map(({ name, takes, source }) => (
          <div key={name} className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 sm:grid-cols-[10rem_1fr]">
            <dt className="font-medium">{t(`limits.name.${name}`)}</dt>
            <dd className="flex min-w-0 flex-col gap-0.5">
              {takes.length > 0 ? (
                <ul className="flex flex-wrap gap-x-1.5 gap-y-0.5">
                  {takes.map((one) => (
                    <li
                      key={one}
                      className="not-last:after:ml-1.5 not-last:after:text-faint not-last:after:content-['·']"
                    >
                      {one}
                    </li>
                  ))}
                </ul>
              ) : (
                <span className="text-quiet">{t('limits.no')}</span>
              )}
              {source && <span className="text-small break-words text-faint">{t('limits.source', { source })}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
