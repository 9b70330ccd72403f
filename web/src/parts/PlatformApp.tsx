import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { usePlatforms } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { AppTestBody, PlatformBody } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { Badge, type Tone } from '@/design/Badge';
import { Button } from '@/design/Button';
import { CopyField } from '@/design/CopyField';
import { ProblemNote } from '@/design/ErrorState';
import { Form } from '@/design/Form';
import type { IconName } from '@/design/Icon';
import { ExternalLink } from '@/design/Link';
import { Entries } from './Entries';
import { HelpLink } from './HelpLink';

/** How an operator makes the app at the platform, step by step, with the address to copy. */
function Steps({ platform }: { platform: PlatformBody }) {
  const { t } = useTranslation('connect');
  const { setup, redirect_uri } = platform.app;
  return (
    <div className="flex flex-col gap-4">
      {setup && (
        <div className="flex flex-col gap-2 text-body">
          <ol className="flex list-decimal flex-col gap-1.5 pl-5 text-quiet marker:text-faint">
            {setup.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <ExternalLink href={setup.url} className="self-start">
            {t('app.page', { platform: platform.name })}
          </ExternalLink>
        </div>
      )}
      <HelpLink page={platform.id}>{t('app.help', { platform: platform.name })}</HelpLink>
      <CopyField label={t('app.redirect')} value={redirect_uri} hint={t('app.redirectHint')} />
      <Hooks platform={platform} />
    </div>
  );
}

/** What the operator enters at the platform so that it reports removed access, deletion and changes; nothing where it sends none. */
function Hooks({ platform }: { platform: PlatformBody }) {
  const { t } = useTranslation('connect');
  const path = { platform: platform.id };
  const { data, error } = query.useQuery('get', '/v1/platforms/{platform}/hooks', { params: { path } });
  if (error) return <ProblemNote problem={error} />;
  return data?.addresses.map(({ label, address, verify_token }) => (
    <Fragment key={address}>
      <CopyField label={label} value={address} />
      {verify_token && <CopyField label={t('app.verifyToken')} value={verify_token} hint={t('app.verifyTokenHint')} />}
    </Fragment>
  ));
}

/** The installation's app at a platform: the steps to make it, its fields, and a test. For the operator only. */
export function PlatformApp({ platform, onSaved }: { platform: PlatformBody; onSaved?: () => void }) {
  const { t } = useTranslation('connect');
  const client = useQueryClient();
  const { refetch } = usePlatforms();
  const put = query.useMutation('put', '/v1/platforms/{platform}/app');
  const [tries, setTries] = useState(0);
  const path = { platform: platform.id };
  async function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(event.currentTarget)].filter(([, value]) => value !== ''));
    try {
      await withIdentity(() => put.mutateAsync({ params: { path }, body: { values } }));
    } catch {
      return; // What went wrong is shown from the mutation's state.
    }
    await refetch();
    void client.invalidateQueries({ queryKey: ['get', '/v1/instance'] });
    setTries((count) => count + 1);
    onSaved?.();
  }
  const errors = put.error ? valueErrors(asProblem(put.error).fields) : {};
  return (
    <div className="flex flex-col gap-5">
      <Steps platform={platform} />
      <Form
        key={tries}
        validationErrors={errors}
        onSubmit={(event) => void save(event)}
        className="flex flex-col gap-4"
        aria-label={t('app.title', { platform: platform.name })}
      >
        <Entries fields={platform.app_fields} />
        {put.error && <ProblemNote problem={put.error} />}
        <p className="text-small text-quiet">{t('app.sealed')}</p>
        <Button type="submit" look="solid" isPending={put.isPending} className="self-start">
          {platform.app.entered ? t('app.replace') : t('app.save')}
        </Button>
      </Form>
    </div>
  );
}

const RESULTS: Record<AppTestBody['result'], [Tone, IconName]> = {
  proven: ['published', 'check-circle'],
  entered: ['scheduled', 'info'],
  refused: ['failed', 'alert'],
  missing: ['needs', 'alert'],
  not_needed: ['muted', 'check-circle'],
};

/** Asks the platform about the app, and shows what it said. */
export function PlatformTest({ platform }: { platform: PlatformBody }) {
  const { t } = useTranslation('connect');
  const test = query.useMutation('post', '/v1/platforms/{platform}/test');
  const result = test.data?.result;
  return (
    <div className="flex flex-col items-start">
      <Button
        icon="refresh"
        isPending={test.isPending}
        onPress={() => test.mutate({ params: { path: { platform: platform.id } } })}
      >
        {t('app.test')}
      </Button>
      <div role="status" className="flex flex-col items-start gap-1.5">
        {result && (
          <>
            <Badge className="mt-3" tone={RESULTS[result][0]} icon={RESULTS[result][1]}>
              {t(`app.result.${result}`)}
            </Badge>
            <p className="text-body text-quiet">{test.data?.detail}</p>
          </>
        )}
      </div>
      {test.error && <ProblemNote problem={test.error} className="mt-3" />}
    </div>
  );
}

/** The API names them `/values/client_id`; the form knows them as `client_id`. */
function valueErrors(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, said]) => [name.replace(/^values\//, ''), said]));
}
