import { useTranslation } from 'react-i18next';
import type { Card } from '@/api/schema';
import { Icon } from '@/design/Icon';

interface Props {
  /** The link that gets a card. */
  card: Card | null | undefined;
  /** The card as its page is now; none before it was read. */
  now: Card | undefined;
  /** Why there will be none. */
  missing: string | undefined;
}

/** The card of a link, or why it gets none. Files stand in the card's place. */
export function PreviewLink({ card, now, missing }: Props) {
  const { t } = useTranslation('compose');
  const shown = now ?? card;
  const place = shown && placeOf(shown.address);
  if (!place) return null;
  if (missing) return <p className="text-small text-quiet">{missing}</p>;
  return (
    <p className="preview-files flex items-start gap-2.5 px-3 py-2.5 text-small">
      <Icon name="link" className="mt-0.5 size-4 shrink-0 text-quiet" />
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-quiet">{place}</span>
        <span dir="auto" className="break-words">
          {shown.title || t('preview.card')}
        </span>
        {shown.description && (
          <span dir="auto" className="line-clamp-2 break-words text-quiet">
            {shown.description}
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
