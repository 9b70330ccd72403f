import { useTranslation } from 'react-i18next';
import type { MadeKeyBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { CopyField } from '@/design/CopyField';
import { Dialog } from '@/design/Dialog';
import { Icon } from '@/design/Icon';
import { curl } from './keys';

/** A key that was just made. It is never shown again, so no press beside the dialog closes it. */
export function KeyShown({ made, onClose }: { made: MadeKeyBody; onClose: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <Dialog
      title={t('keyShown.title', { name: made.key.name })}
      wide
      isOpen
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button look="solid" onPress={onClose}>
          {t('keyShown.kept')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <p className="flex items-start gap-2.5 rounded-control bg-state-needs-tint px-3 py-2.5 text-body">
          <Icon name="eye" className="mt-px size-4.5 text-state-needs" />
          {t('keyShown.once')}
        </p>
        <CopyField label={t('keyShown.key')} value={made.secret} />
        <CopyField
          label={t('keyShown.try')}
          value={curl(location.origin, made.secret)}
          hint={t('keyShown.tryHint')}
          lines
        />
      </div>
    </Dialog>
  );
}
