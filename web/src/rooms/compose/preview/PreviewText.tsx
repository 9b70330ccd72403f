import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { numberWords } from '@/design/number';
import type { Read } from '../useReadings';
import { RichText } from './RichText';

/** How much is shown of what does not fit, in units of UTF-16. */
const REST_SHOWN = 160;

/** A text as its platform reads it; of what does not fit only the beginning, marked, and how much more there is. */
export const PreviewText = memo(({ read }: { read: Pick<Read, 'text' | 'spans' | 'fits'> }) => {
  const { t } = useTranslation('compose');
  const { text, spans } = read;
  const end = read.fits ?? text.length;
  const rest = text.slice(end);
  const more = rest.length - REST_SHOWN;
  return (
    <p dir="auto" className="preview-text text-wrap break-words whitespace-pre-wrap">
      <RichText text={text} spans={spans} end={end} />
      {rest && (
        <mark className="rounded-[3px] bg-state-failed-tint text-quiet">
          {more > 0 ? `${rest.slice(0, REST_SHOWN)}…` : rest}
        </mark>
      )}
      {more > 0 && (
        <span className="block pt-1 text-small text-state-failed">
          {t('preview.cut', { count: more, formatted: numberWords(more) })}
        </span>
      )}
    </p>
  );
});
