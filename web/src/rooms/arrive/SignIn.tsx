import { useQuery } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { begin, behindTheDoor } from '@/app/session';
import { Button } from '@/design/Button';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import { Forgot } from './Forgot';
import { Frame } from './Frame';
import { clearAddress, filledBy } from './filled';

/** E-mail and password, and back to where the person was going. */
export function SignIn() {
  const { t } = useTranslation('arrive');
  const { next } = useSearch({ from: '/sign-in' });
  const router = useRouter();
  const owner = useQuery(query.queryOptions('get', '/v1/owner'));
  const [filled] = useState(() => filledBy(location.hash));
  useEffect(clearAddress, []);
  const { form, problem, isPending } = useForm(async (text) => {
    void behindTheDoor();
    await api.POST('/v1/session', { body: { email: text('email'), password: text('password') } });
    await begin();
    router.history.replace(next ?? '/');
  });
  const hint = filled ? 'signIn.hintFilled' : next ? 'signIn.hintBack' : 'signIn.hint';
  return (
    <Frame
      title={t('signIn.title')}
      hint={t(hint)}
      below={owner.data?.owned === false ? t('signIn.unowned') : <Forgot />}
    >
      <Form {...form} className="flex flex-col gap-5">
        <TextField
          label={t('field.email')}
          name="email"
          type="email"
          autoComplete="username"
          isRequired
          defaultValue={filled?.email ?? ''}
          autoFocus={!filled}
        />
        <TextField
          label={t('field.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          isRequired
          defaultValue={filled?.password ?? ''}
        />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" wide isPending={isPending} autoFocus={filled !== undefined}>
          {t('signIn.act')}
        </Button>
      </Form>
    </Frame>
  );
}
