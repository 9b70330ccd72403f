import { useTranslation } from 'react-i18next';
import type { Card } from '@/api/schema';
import { Icon } from '@/design/Icon';

/**
 * The card of a link. Its page is read when the post goes out and not while somebody writes, so that a place is all there
 * is to show of it, unless the author has worded the card. Files stand in the card's place.
 */
export function PreviewLink({ card }: { card: Card | null | undefined }) {
  const { t } = useTranslation('compose');
  const place = card && placeOf(card.address);
  if (!place) return null;
  return (
    <p className="preview-files flex items-start gap-2.5 px-3 py-2.5 text-small">
      <Icon name="link" className="mt-0.5 size-4 shrink-0 text-quiet" />
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-quiet">{place}</span>
        <span dir="auto" className="break-words">
          {card.title || t('preview.card')}
        </span>
        {card.description && (
          <span dir="auto" className="break-words text-quiet">
            {card.description}
          </span>
        )}
      </span>
    </p>
  );
}

function placeOf(link: string): string | undefined {
  try {
    return new URL(link).host;
  } catch {
    return undefined;
  }
}
