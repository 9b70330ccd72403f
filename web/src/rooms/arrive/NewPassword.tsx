import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { begin } from '@/app/session';
import { Button } from '@/design/Button';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { Form, useForm } from '@/design/Form';
import { Skeleton } from '@/design/Skeleton';
import { Frame } from './Frame';
import { PasswordField } from './PasswordField';

/** The page behind a password link. The token stands after the `#`, so no server log ever has it. */
export function NewPassword() {
  const { t } = useTranslation('arrive');
  const navigate = useNavigate();
  const [token] = useState(() => location.hash.slice(1));
  const looked = useQuery({
    queryKey: ['password-link', token],
    queryFn: async () => (await api.POST('/v1/password/look', { body: { token } })).data?.email ?? '',
    enabled: token !== '',
    retry: false,
  });
  const { form, problem, isPending } = useForm(async (text) => {
    await api.POST('/v1/password', { body: { token, password: text('password') } });
    await begin();
    await navigate({ to: '/', replace: true });
  });
  if (!token) return <Frame title={t('newPassword.noLink')} hint={t('newPassword.noLinkHint')} />;
  if (looked.error) {
    return (
      <Frame title={t('newPassword.ended')}>
        <ErrorState problem={looked.error} />
      </Frame>
    );
  }
  return (
    <Frame title={t('newPassword.title')} hint={looked.data && t('newPassword.hint', { email: looked.data })}>
      {looked.isPending ? (
        <Skeleton rows={2} />
      ) : (
        <Form {...form} className="flex flex-col gap-5">
          <input type="email" name="email" value={looked.data} autoComplete="username" readOnly hidden />
          <PasswordField />
          {problem && <ProblemNote problem={problem} />}
          <Button type="submit" look="solid" wide isPending={isPending}>
            {t('newPassword.act')}
          </Button>
        </Form>
      )}
    </Frame>
  );
}
