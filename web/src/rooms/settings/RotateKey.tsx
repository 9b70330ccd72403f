import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { KeyBody, MadeKeyBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';

/** How long the old key stays good beside the new one, in hours. */
const OVERLAPS = ['0', '24', '168'] as const;

/** Makes a key that takes over from this one, so that a program changes over without a break. */
export function RotateKey({ apiKey, onMade }: { apiKey: KeyBody; onMade: (made: MadeKeyBody) => void }) {
  const { t } = useTranslation('settings');
  const [overlap, setOverlap] = useState<string>('24');
  async function rotate() {
    const params = { path: { key: apiKey.id } };
    const body = { overlap_hours: Number(overlap) };
    const { data } = await withIdentity(() => api.POST('/v1/keys/{key}/rotate', { params, body }));
    if (data) onMade(data);
  }
  return (
    <DialogTrigger>
      <Button small icon="refresh" aria-label={t('rotate.of', { name: apiKey.name })}>
        {t('rotate.act')}
      </Button>
      <ConfirmDialog
        title={t('rotate.title', { name: apiKey.name })}
        confirm={t('rotate.act')}
        isDanger={false}
        onConfirm={rotate}
      >
        <p>{t('rotate.body')}</p>
        <RadioGroup label={t('rotate.overlap')} value={overlap} onChange={setOverlap}>
          {OVERLAPS.map((hours) => (
            <Radio key={hours} value={hours}>
              {t(`rotate.hours.${hours}`)}
            </Radio>
          ))}
        </RadioGroup>
      </ConfirmDialog>
    </DialogTrigger>
  );
}
