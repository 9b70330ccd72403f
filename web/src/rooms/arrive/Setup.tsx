import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { begin } from '@/app/session';
import { Button } from '@/design/Button';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { ButtonLink } from '@/design/Link';
import { ZonePicker } from '@/design/ZonePicker';
import { guessZone } from '@/design/zones';
import { HelpLink } from '@/parts/HelpLink';
import { Frame } from './Frame';
import { PasswordField } from './PasswordField';

/** The page behind the link of the server's console. The token stands after the `#`, so no server log ever has it. */
export function Setup() {
  const { t } = useTranslation('arrive');
  const owner = useQuery(query.queryOptions('get', '/v1/owner'));
  const token = location.hash.slice(1);
  if (owner.data?.owned) {
    return (
      <Frame title={t('setup.owned')} hint={t('setup.ownedHint')}>
        <ButtonLink to="/sign-in" look="solid" className="self-start">
          {t('signIn.act')}
        </ButtonLink>
      </Frame>
    );
  }
  if (!token) {
    return (
      <Frame title={t('setup.noLink')} hint={t('setup.noLinkHint')}>
        <p className="flex items-start gap-2 text-body text-quiet">
          <Icon name="code" className="mt-px size-4.5" />
          {t('setup.noLinkWhere')}
        </p>
        <HelpLink page="install">{t('setup.help')}</HelpLink>
      </Frame>
    );
  }
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const { t, i18n } = useTranslation('arrive');
  const navigate = useNavigate();
  const [zone, setZone] = useState(guessZone);
  const { form, problem, isPending } = useForm(async (text) => {
    await api.POST('/v1/owner', {
      body: {
        token,
        name: text('name'),
        email: text('email'),
        password: text('password'),
        workspace: text('workspace'),
        zone,
        language: i18n.language,
      },
    });
    await begin();
    await navigate({ to: '/start', replace: true });
  });
  return (
    <Frame title={t('setup.title')} hint={t('setup.hint')}>
      <Form {...form} className="flex flex-col gap-5">
        <TextField label={t('field.name')} name="name" autoComplete="name" isRequired maxLength={100} autoFocus />
        <TextField
          label={t('field.email')}
          name="email"
          type="email"
          autoComplete="username"
          isRequired
          hint={t('field.emailHint')}
        />
        <PasswordField />
        <hr className="border-line" />
        <TextField
          label={t('field.workspace')}
          name="workspace"
          autoComplete="organization"
          isRequired
          maxLength={100}
          hint={t('field.workspaceHint')}
        />
        <ZonePicker value={zone} onChange={setZone} name="zone" />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" wide isPending={isPending}>
          {t('setup.act')}
        </Button>
      </Form>
    </Frame>
  );
}
