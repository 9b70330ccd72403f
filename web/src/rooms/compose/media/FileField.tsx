import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '@/design/Button';
import { Library } from './Library';
import { Picture } from './MediaStrip';
import { useAssets } from './useAssets';

interface Props {
  label: string;
  hint?: string;
  error: string | undefined;
  /** What it may be: `image`, `video`, `gif`. */
  kinds: string[];
  /** The id of a media asset; empty for none. */
  value: string;
  onChange: (media: string | undefined) => void;
}

/** A file of the workspace that an option names, such as the cover of a video. */
export function FileField({ label, hint, error, kinds, value, onChange }: Props) {
  const { t } = useTranslation('compose');
  const [isOpen, setOpen] = useState(false);
  const asset = useAssets(value ? [value] : []).get(value);
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className="mb-1.5 text-body font-medium">{label}</legend>
      <div className="flex items-center gap-2">
        {value && <Picture asset={asset} alt={asset?.alt ?? asset?.file_name ?? ''} className="size-14" />}
        <Button small onPress={() => setOpen(true)}>
          {t('tools.library')}
        </Button>
        {value && (
          <IconButton
            small
            icon="close"
            label={t('options.remove', { name: asset?.file_name ?? label })}
            onPress={() => onChange(undefined)}
          />
        )}
      </div>
      {hint && <p className="text-small text-quiet">{hint}</p>}
      {error && <p className="text-small font-medium text-state-failed">{error}</p>}
      {isOpen && <Library one kinds={kinds} onAdd={([file]) => onChange(file?.id)} onClose={() => setOpen(false)} />}
    </fieldset>
  );
}
