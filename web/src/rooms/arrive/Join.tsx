import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { InvitedBody, MeBody } from '@/api/schema';
import { chooseWorkspace } from '@/api/workspace';
import { queries } from '@/app/queries';
import { begin, meQuery, signOut } from '@/app/session';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm, useSaving } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { ButtonLink } from '@/design/Link';
import { Skeleton } from '@/design/Skeleton';
import { whenText } from '@/design/When';
import { ZonePicker } from '@/design/ZonePicker';
import { guessZone } from '@/design/zones';
import { Frame } from './Frame';
import { forgetInvitation, invitation } from './invitation';
import { PasswordField } from './PasswordField';

/** The page behind an invitation's link. Looking changes nothing; joining wants a press. */
export function Join() {
  const { t } = useTranslation('arrive');
  const [token] = useState(invitation);
  const looked = useQuery({
    queryKey: ['invitation', token],
    queryFn: async () => (await api.POST('/v1/invitations/look', { body: { token } })).data as InvitedBody,
    enabled: token !== '',
  });
  const me = useQuery({ ...meQuery, retry: false });
  if (!token) return <Frame title={t('join.noLink')} hint={t('join.noLinkHint')} />;
  if (looked.error) {
    return (
      <Frame title={t('join.ended')}>
        <ErrorState problem={looked.error} />
      </Frame>
    );
  }
  if (!looked.data || me.isPending) {
    return (
      <Frame title={t('join.loading')}>
        <Skeleton rows={2} />
      </Frame>
    );
  }
  const { workspace } = looked.data;
  return (
    <Frame title={t('join.title', { workspace })} hint={t('join.hint', { email: looked.data.email })}>
      <Invited invited={looked.data} />
      {me.data ? (
        <AsOneself token={token} invited={looked.data} me={me.data} />
      ) : (
        <AsNewcomer token={token} invited={looked.data} />
      )}
      <Decline token={token} />
    </Frame>
  );
}

function Invited({ invited }: { invited: InvitedBody }) {
  const { t } = useTranslation('arrive');
  const { t: shell } = useTranslation('shell');
  return (
    <Card className="flex flex-col gap-2 p-4">
      <div className="flex items-center justify-between gap-3">
        <span className="font-medium">{invited.workspace}</span>
        <Badge>{shell(`role.${invited.role}`)}</Badge>
      </div>
      <p className="text-small text-quiet">{t(`join.role.${invited.role}`)}</p>
      <p className="flex items-center gap-1.5 text-small text-quiet">
        <Icon name="clock" className="size-4" />
        {t('join.until', { when: whenText(invited.expires_at, guessZone()) })}
      </p>
    </Card>
  );
}

/** Declines: the link ends, and the inviting person sees that it is gone. */
function Decline({ token }: { token: string }) {
  const { t } = useTranslation('arrive');
  const navigate = useNavigate();
  const { save, problem, isPending } = useSaving();
  async function decline() {
    await api.POST('/v1/invitations/decline', { body: { token } });
    forgetInvitation();
    await navigate({ to: '/', replace: true });
  }
  return (
    <>
      {problem && <ProblemNote problem={problem} />}
      <Button wide look="quiet" isPending={isPending} onPress={() => void save(decline)}>
        {t('join.decline')}
      </Button>
    </>
  );
}

/** Someone is signed in: if the invitation is theirs, one press; if not, they can change over. */
function AsOneself({ token, invited, me }: { token: string; invited: InvitedBody; me: MeBody }) {
  const { t } = useTranslation('arrive');
  const navigate = useNavigate();
  const { save, problem, isPending } = useSaving();
  async function join() {
    const { data } = await api.POST('/v1/invitations/join', { body: { token } });
    forgetInvitation();
    await begin();
    chooseWorkspace(data?.workspace);
    await navigate({ to: '/', replace: true });
  }
  async function change() {
    await signOut();
    await queries.resetQueries({ queryKey: meQuery.queryKey });
  }
  // The address they asked for is as good as the one they have: the sender of this link knows whose it is.
  const isTheirs = [me.email, me.new_email].some((own) => own?.toLowerCase() === invited.email.toLowerCase());
  return (
    <div className="flex flex-col gap-4">
      {!isTheirs && <p className="text-body text-quiet">{t('join.other', { email: me.email })}</p>}
      {problem && <ProblemNote problem={problem} />}
      <Button look="solid" wide isPending={isPending} onPress={() => void save(isTheirs ? join : change)}>
        {isTheirs ? t('join.act', { workspace: invited.workspace }) : t('join.change')}
      </Button>
    </div>
  );
}

function AsNewcomer({ token, invited }: { token: string; invited: InvitedBody }) {
  const { t, i18n } = useTranslation('arrive');
  const navigate = useNavigate();
  const [zone, setZone] = useState(guessZone);
  const { form, problem, isPending } = useForm(async (text) => {
    const body = { token, name: text('name'), password: text('password'), zone, language: i18n.language };
    const { data } = await api.POST('/v1/invitations/accept', { body });
    forgetInvitation();
    await begin();
    chooseWorkspace(data?.workspace ?? undefined);
    await navigate({ to: '/', replace: true });
  });
  return (
    <>
      <Form {...form} className="flex flex-col gap-5">
        <input type="email" name="email" value={invited.email} autoComplete="username" readOnly hidden />
        <TextField label={t('field.name')} name="name" autoComplete="name" isRequired maxLength={100} autoFocus />
        <PasswordField />
        <ZonePicker value={zone} onChange={setZone} name="zone" />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" wide isPending={isPending}>
          {t('join.act', { workspace: invited.workspace })}
        </Button>
      </Form>
      <div className="flex items-center gap-2 text-body text-quiet">
        {t('join.known')}
        <ButtonLink to="/sign-in" search={{ next: '/join' }} small look="quiet">
          {t('signIn.act')}
        </ButtonLink>
      </div>
    </>
  );
}
