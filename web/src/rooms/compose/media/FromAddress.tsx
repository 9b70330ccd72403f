import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { TextField } from '@/design/Field';
import { Form } from '@/design/Form';
import { useComposing } from '../context';
import type { FileRef } from '../model/parts';

/** How an address begins, in every language. */
const BEGINS = 'https://';

/** Fetches a file from a public address. It appears in the part at once, on its way like any other. */
export function FromAddress({ onAdd, onClose }: { onAdd: (files: FileRef[]) => void; onClose: () => void }) {
  const { t } = useTranslation('compose');
  const { uploads } = useComposing();
  const [address, setAddress] = useState('');
  const isAddress = /^https?:\/\/\S+\.\S+/.test(address.trim());
  return (
    <Dialog title={t('address.title')} isOpen isDismissable={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isAddress) return;
          onAdd([{ key: uploads.addFrom(address.trim()) }]);
          onClose();
        }}
      >
        <TextField
          label={t('address.label')}
          hint={t('address.hint')}
          type="url"
          inputMode="url"
          value={address}
          onChange={setAddress}
          placeholder={BEGINS}
          autoFocus
        />
        <Button type="submit" look="solid" isDisabled={!isAddress} className="self-end">
          {t('address.add')}
        </Button>
      </Form>
    </Dialog>
  );
}
