import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';
import { When } from '@/design/When';
import { ChannelName } from '@/parts/ChannelName';
import { useComposing } from '../context';
import { commonTime, type Standing } from './standing';

/** When it is published, above what is published: the time of all channels, or that of each, with the ways to change it. */
export function WhenLine({ times, added, children }: { times: Standing[]; added: string[]; children: ReactNode }) {
  const { t } = useTranslation('compose');
  const { channels } = useComposing();
  const common = commonTime(times);
  const single = (one: Standing) => (
    <>
      <When at={one.at} zone={one.zone} shape="full" />
      {one.count > 1 && <span className="text-quiet"> {t('when.next', { count: one.count })}</span>}
      {Date.parse(one.at) < Date.now() && <span className="text-state-failed"> {t('when.over')}</span>}
    </>
  );
  const each: { channel: string; time?: Standing }[] = [
    ...times.map((time) => ({ channel: time.channel, time })),
    ...added.map((channel) => ({ channel })),
  ];
  const isOne = common && added.length === 0;
  return (
    <section
      aria-label={t('when.label')}
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-card border border-line bg-surface py-2 pr-2 pl-4"
    >
      <div className="flex min-w-0 flex-1 basis-52 items-start gap-2.5 py-1">
        <Icon name="clock" className="mt-0.5 size-4.5 text-quiet" />
        {isOne && <p className="min-w-0 font-medium">{single(common)}</p>}
        {!isOne && (
          <ul className="flex min-w-0 flex-1 flex-col gap-1.5">
            {each.map(({ channel: id, time }) => {
              const channel = channels.find((other) => other.id === id);
              return (
                <li key={id} className="flex flex-wrap items-baseline gap-x-3">
                  {channel ? <ChannelName inline channel={channel} className="max-w-full" /> : t('channels.gone')}
                  <span className="text-small">
                    {time ? single(time) : <span className="text-quiet">{t('when.joins')}</span>}
                  </span>
                </li>
              );
            })}
          </ul>
        )}
      </div>
      <div className="flex flex-wrap gap-2">{children}</div>
    </section>
  );
}
