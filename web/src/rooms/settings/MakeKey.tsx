import { useState } from 'react';
import { CheckboxGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useChannels } from '@/api/hooks';
import type { MadeKeyBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Checkbox, Radio, RadioGroup } from '@/design/Choice';
import { Dialog, DialogEnd } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { FieldLabel, TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import { ChannelName } from '@/parts/ChannelName';
import { DAYS, KEY_PERMISSIONS, permissionWord, ranges, TO_PUBLISH } from './keys';

/** Makes a key: what for, what it may do, on which channels, from where, how long. The least is ticked at first. */
export function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (made: MadeKeyBody) => void }) {
  const { t } = useTranslation('settings');
  const { permissions: own } = useWorkspace();
  const [permissions, setPermissions] = useState<string[]>(TO_PUBLISH.filter((one) => own.includes(one)));
  const [days, setDays] = useState<string>('90');
  const [reach, setReach] = useState('all');
  const [channels, setChannels] = useState<string[]>([]);
  const { form, isPending, problem } = useForm(async (text) => {
    const from = ranges(text('addresses'));
    const body = {
      name: text('name'),
      permissions: KEY_PERMISSIONS.filter((one) => permissions.includes(one)),
      days: Number(days),
      ...(reach === 'some' ? { channels } : {}),
      ...(from.length > 0 ? { addresses: from } : {}),
    };
    const { data } = await withIdentity(() => api.POST('/v1/keys', { body }));
    if (data) onMade(data);
  });
  return (
    <Dialog title={t('keys.new')} wide isOpen isDismissable={false} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Form {...form} validationErrors={fieldErrors(problem?.fields ?? {})} className="flex flex-col gap-5">
        <TextField
          label={t('makeKey.name')}
          hint={t('makeKey.nameHint')}
          name="name"
          isRequired
          maxLength={100}
          autoFocus
        />
        <CheckboxGroup
          value={permissions}
          onChange={setPermissions}
          isInvalid={permissions.length === 0}
          className="flex flex-col gap-1"
        >
          <FieldLabel label={t('keys.permissions')} />
          <p className="text-small text-quiet">{t('makeKey.permissionsHint')}</p>
          <div className="grid gap-x-4 sm:grid-cols-2">
            {KEY_PERMISSIONS.filter((one) => own.includes(one)).map((one) => (
              <Checkbox key={one} value={one} hint={<span className="font-mono">{one}</span>}>
                {t(`permission.${permissionWord(one)}`)}
              </Checkbox>
            ))}
          </div>
        </CheckboxGroup>
        <Reach reach={reach} onReach={setReach} channels={channels} onChannels={setChannels} />
        <RadioGroup label={t('makeKey.days')} hint={t('makeKey.daysHint')} value={days} onChange={setDays} sideways>
          {DAYS.map((one) => (
            <Radio key={one} value={one}>
              {t('makeKey.daysCount', { count: Number(one) })}
            </Radio>
          ))}
        </RadioGroup>
        <TextField
          label={t('makeKey.addresses')}
          hint={t('makeKey.addressesHint')}
          name="addresses"
          optional
          spellCheck="false"
          autoComplete="off"
        />
        {problem && <ProblemNote problem={problem} />}
        <DialogEnd>
          <Button
            type="submit"
            look="solid"
            wide
            isPending={isPending}
            isDisabled={permissions.length === 0 || (reach === 'some' && channels.length === 0)}
          >
            {t('makeKey.act')}
          </Button>
        </DialogEnd>
      </Form>
    </Dialog>
  );
}

function Reach({
  reach,
  onReach,
  channels,
  onChannels,
}: {
  reach: string;
  onReach: (reach: string) => void;
  channels: string[];
  onChannels: (channels: string[]) => void;
}) {
  const { t } = useTranslation('settings');
  const known = useChannels().data ?? [];
  return (
    <div className="flex flex-col gap-1">
      <RadioGroup label={t('makeKey.channels')} value={reach} onChange={onReach} sideways>
        <Radio value="all">{t('makeKey.all')}</Radio>
        <Radio value="some" isDisabled={known.length === 0}>
          {t('makeKey.some')}
        </Radio>
      </RadioGroup>
      {reach === 'some' && (
        <CheckboxGroup
          aria-label={t('makeKey.channels')}
          value={channels}
          onChange={onChannels}
          className="grid gap-x-4 sm:grid-cols-2"
        >
          {known.map((channel) => (
            <Checkbox key={channel.id} value={channel.id}>
              <ChannelName channel={channel} inline />
            </Checkbox>
          ))}
        </CheckboxGroup>
      )}
    </div>
  );
}

/** A range that is wrong is named by its place in the list (`addresses/0`); the form has one field for all. */
function fieldErrors(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, said]) => [name.replace(/\/.*$/, ''), said]));
}
