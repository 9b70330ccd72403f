import { useTranslation } from 'react-i18next';
import { IconButton } from '@/design/Button';
import { TextField } from '@/design/Field';
import { useComposing } from './context';
import { type Part, updatePart } from './model/parts';

/** How an address begins, in every language. */
const BEGINS = 'https://';

/** The address of the post that is quoted. */
export function QuoteField({ part }: { part: Part }) {
  const { t } = useTranslation('compose');
  const { change, offerUndo } = useComposing();
  return (
    <div id={`quote-${part.key}`} className="mx-4 mb-3 flex items-end gap-1">
      <TextField
        label={t('quote.label')}
        type="url"
        inputMode="url"
        value={part.quote ?? ''}
        onChange={(quote) => change((parts) => updatePart(parts, part.key, { quote }))}
        placeholder={BEGINS}
        className="flex-1"
      />
      <IconButton
        icon="trash"
        label={t('quote.remove')}
        onPress={() => {
          const done = change((parts) => parts.map((one) => (one.key === part.key ? withoutQuote(one) : one)));
          if (part.quote) offerUndo(done, t('quote.removed'));
        }}
      />
    </div>
  );
}

function withoutQuote({ quote: _, ...part }: Part): Part {
  return part;
}
