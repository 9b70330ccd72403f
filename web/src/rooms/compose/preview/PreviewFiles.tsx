import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';
import { useComposing } from '../context';
import { Picture } from '../media/MediaStrip';
import type { Part } from '../model/parts';

/** How many pictures of a part are shown; the last one says how many more there are. */
const SHOWN = 4;

export function PreviewFiles({ part }: { part: Part }) {
  const { t } = useTranslation('compose');
  const { assets, sending } = useComposing();
  const files = part.media.slice(0, SHOWN);
  if (files.length === 0) return null;
  return (
    <ul
      aria-label={t('media.list')}
      className="preview-files grid grid-cols-2 gap-0.5 overflow-hidden"
      data-count={files.length}
    >
      {files.map((file, place) => {
        const asset = file.id ? assets.get(file.id) : undefined;
        const upload = sending.get(file.key);
        const more = place === SHOWN - 1 ? part.media.length - SHOWN : 0;
        return (
          <li key={file.key} className="preview-file relative">
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
                'absolute inset-0 items-center justify-center bg-veil text-title text-canvas',
                more > 0 ? 'flex' : 'hidden',
              )}
            >
              +{more}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
