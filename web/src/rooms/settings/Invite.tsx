import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { AddedBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { CopyField } from '@/design/CopyField';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import { whenText } from '@/design/When';
import { ROLES } from './roles';

/** Invites someone by their address. They belong once they accept, whether they have an account here or not. */
export function Invite({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const [invited, setInvited] = useState<AddedBody>();
  async function added(body: AddedBody) {
    await client.invalidateQueries({ queryKey: ['get', '/v1/invitations'] });
    setInvited(body);
  }
  return (
    <Dialog
      title={invited ? t('invite.linkTitle') : t('members.invite')}
      isOpen
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && onClose()}
    >
      {invited ? <HandOver added={invited} onClose={onClose} /> : <Asked onAdded={added} />}
    </Dialog>
  );
}

function Asked({ onAdded }: { onAdded: (body: AddedBody) => Promise<void> }) {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const [role, setRole] = useState<string>('editor');
  const { role: own } = useWorkspace();
  const { form, isPending, problem } = useForm(async (text) => {
    const body = { email: text('email').trim(), role: ROLES.find((one) => one === role) ?? 'editor' };
    const { data } = await withIdentity(() => api.POST('/v1/members', { body }));
    if (data) await onAdded(data);
  });
  return (
    <Form {...form} className="flex flex-col gap-5">
      <TextField label={t('invite.email')} name="email" type="email" isRequired autoComplete="off" autoFocus />
      <RadioGroup label={t('members.role')} value={role} onChange={setRole}>
        {ROLES.filter((one) => one !== 'owner' || own === 'owner').map((one) => (
          <Radio key={one} value={one} hint={t(`role.${one}`)}>
            {shell(`role.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {problem && <ProblemNote problem={problem} />}
      <Button type="submit" look="solid" wide isPending={isPending}>
        {t('invite.act')}
      </Button>
    </Form>
  );
}

/** Fanfare sends no mail: the person who invites passes the link on. */
function HandOver({ added, onClose }: { added: AddedBody; onClose: () => void }) {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  return (
    <div className="flex flex-col gap-5">
      <p className="text-body text-quiet">{t('invite.linkBody', { email: added.invitation.email })}</p>
      <CopyField
        label={t('invite.link')}
        value={added.link}
        hint={t('invite.linkHint', { when: whenText(added.invitation.expires_at, zone) })}
      />
      <Button wide onPress={onClose}>
        {t('done')}
      </Button>
    </div>
  );
}
