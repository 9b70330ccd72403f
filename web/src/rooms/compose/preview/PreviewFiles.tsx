import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ChannelBody, MediaBody, RenditionBody } from '@/api/schema';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { useComposing } from '../context';
import { formsQuery, useForming } from '../media/forms';
import { Picture } from '../media/MediaStrip';
import type { FileRef, Part } from '../model/parts';
import type { Schema } from '../model/schema';
import { taken } from './taken';

/** How many pictures of a part are shown; the last one says how many more there are. */
const SHOWN = 4;

/** The files of a part as the channel gets them: as many as it takes, and in the form that goes there. */
export function PreviewFiles({ part, channel }: { part: Part; channel: ChannelBody }) {
  const { t } = useTranslation('compose');
  const { assets, sending } = useComposing();
  const isVideo = (file: FileRef) => assets.get(file.id ?? '')?.kind === 'video' || sending.get(file.key)?.isVideo;
  const go = taken(part.media, channel.limits ?? undefined, (file) => Boolean(isVideo(file)));
  const forms = useForms(
    go.flatMap(({ id }) => id ?? []),
    channel.id,
    useForming()(channel),
  );
  if (part.media.length === 0) return null;
  const files = go.slice(0, SHOWN);
  const left = part.media.length - go.length;
  return (
    <div className="flex flex-col gap-1">
      {files.length > 0 && (
        <ul
          aria-label={t('media.list')}
          className="preview-files grid grid-cols-2 gap-0.5 overflow-hidden"
          data-count={files.length}
        >
          {files.map((file, place) => (
            <PreviewFile
              key={file.key}
              file={file}
              form={forms.get(file.id ?? '')}
              isAlone={files.length === 1}
              more={place === SHOWN - 1 ? go.length - SHOWN : 0}
            />
          ))}
        </ul>
      )}
      {left > 0 && <p className="text-small text-state-failed">{t('preview.filesLeft', { count: left })}</p>}
    </div>
  );
}

interface FileProps {
  file: FileRef;
  form: RenditionBody | undefined;
  isAlone: boolean;
  more: number;
}

function PreviewFile({ file, form, isAlone, more }: FileProps) {
  const { t } = useTranslation('compose');
  const { assets, sending } = useComposing();
  const asset = file.id ? assets.get(file.id) : undefined;
  const upload = sending.get(file.key);
  const refused = form?.treatment === 'refuse';
  return (
    <li className="preview-file relative" style={isAlone ? ratioOf(form, asset) : {}}>
      {upload?.preview && !upload.isVideo ? (
        <img src={upload.preview} alt="" className="size-full object-cover" />
      ) : (
        <Picture asset={asset} alt={file.alt ?? asset?.alt ?? ''} className="size-full rounded-none border-0" />
      )}
      {asset?.kind === 'video' && (
        <span className="absolute inset-0 flex items-center justify-center">
          <span className="inline-flex size-10 items-center justify-center rounded-full bg-veil text-canvas">
            <Icon name="play" />
          </span>
        </span>
      )}
      <span
        className={cx(
          'absolute inset-0 items-center justify-center bg-veil text-center text-canvas',
          more > 0 || refused ? 'flex' : 'hidden',
          refused ? 'p-2 text-small' : 'text-title',
        )}
      >
        {refused ? t('preview.refused') : `+${more}`}
      </span>
    </li>
  );
}

/** The flattest and the steepest that networks show a single picture without cutting it. */
const [FLAT, STEEP] = [2.4, 0.8];

/** A picture that stands alone is shown in its own shape, by the size in which it goes. */
function ratioOf(form: RenditionBody | undefined, asset: MediaBody | undefined): { aspectRatio?: string } {
  const width = form?.width ?? asset?.width;
  const height = form?.height ?? asset?.height;
  if (!width || !height) return {};
  return { aspectRatio: String(Math.min(FLAT, Math.max(STEEP, width / height))) };
}

/** In what form a channel gets files, by their ids, as far as it is known. */
function useForms(ids: string[], channel: string, forming: Schema): Map<string, RenditionBody> {
  return useQueries({
    queries: ids.map((media) => ({ ...formsQuery(media, channel, forming), staleTime: 300_000 })),
    combine: (results) =>
      new Map(
        results.flatMap(({ data }, place) => {
          const form = data?.items.find((one) => one.channel === channel);
          const id = ids[place];
          return form && id ? [[id, form] as const] : [];
        }),
      ),
  });
}
