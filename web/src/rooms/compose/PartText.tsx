import { type ClipboardEvent, type KeyboardEvent, useDeferredValue, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '@/design/cx';
import { useLengths } from './context';
import { useMentions } from './Mentions';
import { worst } from './model/lengths';
import { useNames } from './names';

interface Props {
  id: string;
  value: string;
  onChange: (text: string) => void;
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  onFiles: (files: File[]) => void;
  label: string;
  placeholder: string;
  /** The part, by its key. */
  part: string;
  describedBy: string;
  isLarge: boolean;
}

const LETTERS = 'col-start-1 row-start-1 px-4 py-3 text-read whitespace-pre-wrap break-words';

/** From so many letters on, a browser takes longer to lay out a text than to do all the rest that a key wants. */
const LONG = 3_000;

/**
 * Where a part is written. Behind the letters stands the same text once more: it marks what is too much, and gives the field its height
 * where the browser cannot (`field-sizing`). Of a long text it follows after the letter is drawn.
 */
export function PartText({
  id,
  value,
  onChange,
  onKeyDown,
  onFiles,
  label,
  placeholder,
  part,
  describedBy,
  isLarge,
}: Props) {
  const { t } = useTranslation('compose');
  const overId = useId();
  const nameOf = useNames();
  const over = worst(useLengths(part));
  const mirror = useRef<HTMLDivElement>(null);
  const mentions = useMentions(part, value, onChange);
  const later = useDeferredValue(value);
  const mirrored = value.length > LONG ? later : value;
  const cut = over ? (over.fits ?? mirrored.length) : mirrored.length;
  function paste(event: ClipboardEvent) {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  }
  return (
    <div className={cx('relative grid grid-cols-1', isLarge ? 'min-h-32' : 'min-h-20')}>
      <div ref={mirror} aria-hidden="true" dir="auto" className={cx(LETTERS, 'pointer-events-none text-transparent')}>
        {mirrored.slice(0, cut)}
        {over && (
          <mark className="rounded-[3px] bg-state-failed-tint text-transparent">{mirrored.slice(cut)}</mark>
        )}{' '}
      </div>
      <textarea
        id={id}
        dir="auto"
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          mentions.look(event.target);
        }}
        onKeyDown={(event) => mentions.press(event) || onKeyDown(event)}
        onClick={mentions.close}
        onBlur={mentions.close}
        {...mentions.field}
        onPaste={paste}
        aria-label={label}
        aria-describedby={over ? `${describedBy} ${overId}` : describedBy}
        placeholder={placeholder}
        rows={1}
        className={cx(
          LETTERS,
          'field-sizing-content resize-none overflow-hidden rounded-control bg-transparent text-ink outline-none focus-visible:outline-none',
        )}
      />
      {over && (
        <span id={overId} className="sr-only">
          {t('text.over', { name: nameOf(over.channel) })}
        </span>
      )}
      {mentions.list(mirror)}
    </div>
  );
}
