import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import type { InvitationBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Section } from '@/design/Card';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { useSaving } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { whenText } from '@/design/When';

/** Who was invited and has not come yet. Nothing is shown where no one waits. */
export function Invitations() {
  const { t } = useTranslation('settings');
  const invitations = query.useQuery('get', '/v1/invitations');
  if (invitations.error) {
    return <ErrorState problem={invitations.error} onRetry={() => void invitations.refetch()} />;
  }
  if (!invitations.data?.items.length) return null;
  return (
    <Section title={t('invitations.title')} hint={t('invitations.hint')}>
      <List label={t('invitations.title')}>
        {invitations.data.items.map((invitation) => (
          <Invitation key={invitation.id} invitation={invitation} onGone={() => invitations.refetch()} />
        ))}
      </List>
    </Section>
  );
}

function Invitation({ invitation, onGone }: { invitation: InvitationBody; onGone: () => Promise<unknown> }) {
  const { t } = useTranslation('settings');
  const { t: shell } = useTranslation('shell');
  const { zone } = useWorkspace();
  const { save, isPending, problem } = useSaving();
  const { id, email, role, expires_at } = invitation;
  async function withdraw() {
    const params = { path: { invitation: id } };
    if (!(await save(() => api.DELETE('/v1/invitations/{invitation}', { params })))) return;
    await onGone();
    toast({ title: t('invitations.withdrawn', { email }) });
  }
  return (
    <ListRow className="flex-wrap">
      <Icon name="mail" className="text-quiet" />
      <div className="flex min-w-0 flex-1 basis-40 flex-col">
        <span className="truncate font-medium">{email}</span>
        <span className="text-small text-quiet">
          {t('invitations.until', { role: shell(`role.${role}`), when: whenText(expires_at, zone) })}
        </span>
      </div>
      <Button
        small
        isPending={isPending}
        onPress={() => void withdraw()}
        aria-label={t('invitations.withdrawOf', { email })}
      >
        {t('invitations.withdraw')}
      </Button>
      {problem && <ProblemNote problem={problem} className="w-full" />}
    </ListRow>
  );
}
