import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { TextArea } from '@/design/Field';
import { useComposing, useSpeakers } from '../context';
import { partsOf } from '../model/draft';
import { updatePart } from '../model/parts';
import { Picture } from './MediaStrip';

/** The words for people who cannot see a file. */
export function Describe() {
  const { t } = useTranslation('compose');
  const { describing, describe: openAlt, draft, whose, change, assets } = useComposing();
  const limits = useSpeakers().flatMap((channel) => channel.limits?.alt_text_max ?? []);
  const part = partsOf(draft, whose).find(({ media }) => media.some(({ key }) => key === describing));
  const file = part?.media.find(({ key }) => key === describing);
  if (!part || !file?.id) return null;
  const asset = assets.get(file.id);
  const alt = file.alt ?? asset?.alt ?? '';
  const max = Math.min(...limits);
  const over = Array.from(alt).length - max;
  const put = (words: string) =>
    change((parts) =>
      updatePart(parts, part.key, {
        media: part.media.map((one) => (one.key === describing ? { ...one, alt: words } : one)),
      }),
    );
  return (
    <Dialog
      title={t('alt.title')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && openAlt(undefined)}
      actions={(close) => (
        <Button look="solid" onPress={close}>
          {t('alt.done')}
        </Button>
      )}
    >
      <div className="flex flex-col gap-4">
        <Picture asset={asset} alt="" className="max-h-64 w-full object-contain" />
        <TextArea
          label={t('alt.label')}
          value={alt}
          onChange={put}
          rows={3}
          autoFocus
          hint={Number.isFinite(max) ? t('alt.left', { count: Math.max(0, -over) }) : t('alt.hint')}
          error={over > 0 ? t('alt.over', { count: over }) : undefined}
          placeholder={t('alt.placeholder')}
        />
      </div>
    </Dialog>
  );
}
