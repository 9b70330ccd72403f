import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { cx } from './cx';

/** How long the button says that it did its work. */
const SAYS_SO_MS = 2_000;

/** Something to take along: an address to register, a link to send, a key that is shown once. */
export function CopyField({
  label,
  value,
  hint,
  lines = false,
  className,
}: {
  label: string;
  value: string;
  hint?: string;
  /** Keeps its line breaks, such as a command over several lines. */
  lines?: boolean;
  className?: string;
}) {
  const { t } = useTranslation('design');
  const id = useId();
  const shown = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState<'no' | 'yes' | 'by-hand'>('no');
  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      setCopied('yes');
    } catch {
      // Not every page may write there (plain http): what is selected can be copied by hand.
      if (shown.current) getSelection()?.selectAllChildren(shown.current);
      setCopied('by-hand');
    }
    setTimeout(() => setCopied('no'), SAYS_SO_MS);
  }
  return (
    <div className={cx('flex min-w-0 flex-col gap-1.5', className)}>
      <span id={id} className="text-body font-medium">
        {label}
      </span>
      <div className="flex items-start gap-2">
        <code
          ref={shown}
          className={cx(
            'control min-w-0 flex-1 rounded-control border border-line bg-sunken px-3 py-2 font-mono text-small break-all select-all',
            lines && 'whitespace-pre-wrap',
          )}
        >
          {value}
        </code>
        <Button icon={copied === 'yes' ? 'check' : 'copy'} aria-describedby={id} onPress={() => void copy()}>
          {t(copied === 'yes' ? 'copied' : 'copy')}
        </Button>
      </div>
      <span role="status" className={cx('text-small text-quiet', !hint && copied !== 'by-hand' && 'sr-only')}>
        {copied === 'by-hand' ? t('copyByHand') : copied === 'yes' ? t('copied') : hint}
      </span>
    </div>
  );
}
