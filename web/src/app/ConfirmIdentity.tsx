import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useMe } from '@/api/hooks';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form, useForm } from '@/design/Form';
import type { Question } from './identity';

/** Asks for the password when an action needs a recent sign-in; see `identity.ts`. */
export function ConfirmIdentity({ question }: { question: Question }) {
  const { t } = useTranslation('shell');
  const { email } = useMe();
  const { form, problem, isPending } = useForm(async (text) => {
    await api.POST('/v1/session', { body: { email, password: text('password') } });
    question.answered();
  });
  return (
    <Dialog
      title={t('identity.title')}
      isOpen
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && question.declined()}
    >
      <Form {...form} className="flex flex-col gap-4">
        <p className="text-quiet">{t('identity.body')}</p>
        <input type="email" name="email" value={email} autoComplete="username" readOnly hidden />
        <TextField
          label={t('identity.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          isRequired
          autoFocus
        />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" look="solid" wide isPending={isPending}>
          {t('identity.confirm')}
        </Button>
      </Form>
    </Dialog>
  );
}
