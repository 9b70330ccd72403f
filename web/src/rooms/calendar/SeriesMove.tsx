import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { Dialog } from '@/design/Dialog';
import type { Reach } from './move';

const REACHES: Reach[] = ['one', 'later'];

/** An occurrence of a series was moved: alone, or with those after it? */
export function SeriesMove({
  when,
  onChoose,
  onClose,
}: {
  when: string;
  onChoose: (reach: Reach) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation('calendar');
  const [reach, setReach] = useState<Reach>('one');
  return (
    <Dialog
      title={t('seriesMove.title')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <>
          <Button onPress={onClose}>{t('moving.cancel')}</Button>
          <Button look="solid" autoFocus onPress={() => onChoose(reach)}>
            {t(`seriesMove.act.${reach}`)}
          </Button>
        </>
      }
    >
      <RadioGroup
        label={t('seriesMove.what', { when })}
        value={reach}
        onChange={(value) => setReach(REACHES.find((one) => one === value) ?? 'one')}
      >
        {REACHES.map((one) => (
          <Radio key={one} value={one} hint={t(`seriesMove.hint.${one}`)}>
            {t(`seriesMove.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
    </Dialog>
  );
}
