import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { cx } from './cx';

/** How long the button says "Copied". */
const SAYS_SO_MS = 2_000;

/** Something to copy: a URL to register, a link to send, a key that is shown once. */
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
  /** Keeps line breaks, for commands of several lines. */
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
      // The clipboard isn't available over plain http: select the text, so that it can be copied by hand.
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
