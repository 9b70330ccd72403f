import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { MemberBody, PasswordLinkBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { useWorkspace } from '@/app/session';
import { Button, IconButton } from '@/design/Button';
import { CopyField } from '@/design/CopyField';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { useSaving } from '@/design/Form';
import { whenText } from '@/design/When';

/** For an owner: a link by which a member who forgot their password chooses a new one. */
export function ResetPassword({ member }: { member: MemberBody }) {
  const { t } = useTranslation('settings');
  const { zone } = useWorkspace();
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<PasswordLinkBody>();
  const { save, isPending, problem } = useSaving();
  const { name, person } = member;
  async function make() {
    await save(async () => {
      const params = { path: { person } };
      const { data } = await withIdentity(() => api.POST('/v1/members/{person}/password-link', { params }));
      setMade(data);
    });
  }
  function close() {
    setOpen(false);
    setMade(undefined);
  }
  return (
    <>
      <IconButton small icon="key" label={t('reset.of', { name })} onPress={() => setOpen(true)} />
      {isOpen && (
        <Dialog
          title={t('reset.title', { name })}
          isOpen
          isDismissable={!made}
          onOpenChange={(stays) => !stays && close()}
        >
          <div className="flex flex-col gap-5">
            <p className="text-body text-quiet">{made ? t('reset.made', { name }) : t('reset.body')}</p>
            {made && (
              <CopyField
                label={t('reset.link')}
                value={made.link}
                hint={t('invite.linkHint', { when: whenText(made.expires_at, zone) })}
              />
            )}
            {problem && <ProblemNote problem={problem} />}
            {made ? (
              <Button wide onPress={close}>
                {t('done')}
              </Button>
            ) : (
              <Button look="solid" wide isPending={isPending} onPress={() => void make()}>
                {t('reset.act')}
              </Button>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}
