import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import type { RenditionBody } from '@/api/schema';
import { Badge } from '@/design/Badge';
import { Dialog } from '@/design/Dialog';
import { ErrorState } from '@/design/ErrorState';
import { PlatformIcon } from '@/design/PlatformIcon';
import { Skeleton } from '@/design/Skeleton';
import { List, ListRow } from '@/design/Table';
import { useChosen } from '../context';
import { formsQuery, useForming } from './forms';

const TONES = { keep: 'published', convert: 'scheduled', refuse: 'failed' } as const;

const PROGRESS_MS = 5000;

/** Progress is no event: it is read again as long as a video is being converted. */
function whileConverting({ state }: { state: { data?: { items: RenditionBody[] } } }): number | false {
  return state.data?.items.some(({ percent }) => percent != null) ? PROGRESS_MS : false;
}

/** In what form each channel gets a file, and why. */
export function Renditions({ media, onClose }: { media: string; onClose: () => void }) {
  const { t } = useTranslation('compose');
  const channels = useChosen();
  const chosen = channels.map(({ id }) => id);
  const forming = useForming();
  const asked = query.useQuery(
    'get',
    '/v1/media/{media}/renditions',
    { params: { path: { media } } },
    { refetchInterval: whileConverting },
  );
  // Where the author chose how, the channel is asked by itself.
  const own = useQueries({
    queries: channels
      .filter((channel) => Object.keys(forming(channel)).length > 0)
      .map((channel) => formsQuery(media, channel.id, forming(channel))),
    combine: (results) => new Map(results.flatMap(({ data }) => data?.items.map((one) => [one.channel, one]) ?? [])),
  });
  const shown = asked.data?.items
    .filter(({ channel }) => chosen.length === 0 || chosen.includes(channel))
    .map((one) => own.get(one.channel) ?? one);
  return (
    <Dialog title={t('forms.title')} isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      {asked.isPending && <Skeleton rows={3} />}
      {asked.error && <ErrorState problem={asked.error} onRetry={() => void asked.refetch()} />}
      {shown && (
        <List label={t('forms.title')}>
          {shown.map((one) => (
            <ListRow key={one.channel} className="items-start">
              <PlatformIcon platform={one.platform} className="mt-0.5" />
              <div className="flex min-w-0 flex-1 flex-col gap-1">
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{one.channel_name}</span>
                  <Badge tone={TONES[one.treatment]}>
                    {one.percent == null
                      ? t(`forms.${one.treatment}`)
                      : t('forms.converting', { percent: one.percent })}
                  </Badge>
                </span>
                <span className="text-small text-quiet tabular">{form(one)}</span>
                <span className="text-body first-letter:uppercase">{one.why}</span>
              </div>
            </ListRow>
          ))}
        </List>
      )}
    </Dialog>
  );
}

/** `image/jpeg, 1600 × 900`: what goes, in figures. */
function form({ mime, width, height }: RenditionBody): string {
  return [mime, width && height ? `${width} × ${height}` : undefined].filter(Boolean).join(', ');
}
