import { useTranslation } from 'react-i18next';
import { Icon } from '@/design/Icon';
import type { Options } from '../model/draft';
import type { Part } from '../model/parts';
import { runs } from '../model/text';

/**
 * The card of a link. Its page is read when the post goes out and not while somebody writes, so that a place is all there
 * is to show of it, unless the author has worded the card. Files stand in the card's place.
 */
export function PreviewLink({ part, options }: { part: Part; options: Options }) {
  const { t } = useTranslation('compose');
  const worded = options.link_card as { uri?: string; title?: string; description?: string } | undefined;
  const link = worded?.uri ?? runs(part.text).find(({ kind }) => kind === 'link')?.text;
  const place = link && placeOf(link);
  if (!place || part.media.length > 0 || part.poll || (options.link_preview === false && !worded)) return null;
  return (
    <p className="preview-files flex items-start gap-2.5 px-3 py-2.5 text-small">
      <Icon name="link" className="mt-0.5 size-4 shrink-0 text-quiet" />
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-quiet">{place}</span>
        <span className="break-words">{worded?.title || t('preview.card')}</span>
        {worded?.description && <span className="break-words text-quiet">{worded.description}</span>}
      </span>
    </p>
  );
}

function placeOf(link: string): string | undefined {
  try {
    return new URL(/^https?:/i.test(link) ? link : `https://${link}`).host;
  } catch {
    return undefined;
  }
}
