import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMe } from '@/api/hooks';
import { asProblem } from '@/api/problem';
import type { ChannelBody, PlatformBody, Way } from '@/api/schema';
import { withIdentity } from '@/app/identity';
import { Button } from '@/design/Button';
import { Dialog, DialogEnd } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { Form } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { ExternalLink } from '@/design/Link';
import { PlatformIcon } from '@/design/PlatformIcon';
import { Tab, TabList, TabPanel, Tabs } from '@/design/Tabs';
import { leaveForConsent } from './connecting';
import { Entries } from './Entries';
import { HelpLink } from './HelpLink';
import { Permissions } from './Permissions';
import { PlatformApp } from './PlatformApp';
import { firstChoice } from './permissions';

interface Props {
  platform: PlatformBody;
  /** The channel whose login is renewed; without it a new one is made. */
  reconnects?: ChannelBody;
  /** Features whose permissions are wanted besides, when a channel is to do more than it may. */
  wants?: string[];
  /** Connected without leaving the page, by a password or token. */
  onConnected: (channels: ChannelBody[]) => void;
  onClose: () => void;
}

/** Connects an account: who will receive what, what the platform must be told, and then its consent page. */
export function ConnectDialog({ platform, onClose, ...rest }: Props) {
  const { t } = useTranslation('connect');
  return (
    <Dialog
      title={t('title', { platform: platform.name })}
      wide
      isOpen
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && onClose()}
    >
      <div className="flex flex-col gap-5">
        {needsApp(platform) ? (
          <NotSetUp platform={platform} />
        ) : (
          <>
            <Reads platform={platform} />
            <Ways platform={platform} {...rest} />
            <HelpLink page={platform.id}>{t('help', { platform: platform.name })}</HelpLink>
          </>
        )}
      </div>
    </Dialog>
  );
}

/** The operator can enter the installation's app here; everyone else is told whom to ask. */
function NotSetUp({ platform }: { platform: PlatformBody }) {
  const { t } = useTranslation('connect');
  const { operator } = useMe();
  return (
    <>
      <p className="flex items-start gap-2.5 rounded-control bg-state-needs-tint px-3 py-2.5 text-body">
        <Icon name="key" className="mt-px size-4.5 text-state-needs" />
        {operator ? t('app.hint', { platform: platform.name }) : t('app.ask', { platform: platform.name })}
      </p>
      {operator && <PlatformApp platform={platform} />}
    </>
  );
}

function Ways({ platform, wants, ...rest }: Omit<Props, 'onClose'>) {
  const { t } = useTranslation('connect');
  const given = { platform, ...(wants ? { wants } : {}), ...rest };
  if (platform.ways.length < 2) return platform.ways.map((way) => <WayForm key={way.kind} way={way} {...given} />);
  return (
    <Tabs>
      <TabList aria-label={t('ways')}>
        {platform.ways.map(({ kind }) => (
          <Tab key={kind} id={kind}>
            {t(kind === 'oauth' ? 'way.oauth' : 'way.password')}
          </Tab>
        ))}
      </TabList>
      {platform.ways.map((way) => (
        <TabPanel key={way.kind} id={way.kind}>
          <WayForm way={way} {...given} />
        </TabPanel>
      ))}
    </Tabs>
  );
}

/** What will be read and who receives what is published: said before, not after. */
function Reads({ platform }: { platform: PlatformBody }) {
  const { t } = useTranslation('connect');
  const { reads, name, country, policy_url } = platform.recipient;
  return (
    <dl className="flex flex-col gap-3 rounded-control border border-line p-3 text-small">
      <div>
        <dt className="flex gap-2 font-medium">
          <PlatformIcon platform={platform.id} className="size-4.5 text-quiet" />
          {t('reads')}
        </dt>
        <dd className="pl-6.5 text-quiet">{reads}</dd>
      </div>
      <div>
        <dt className="flex gap-2 font-medium">
          <Icon name="send" className="size-4.5 text-quiet" />
          {t('receives')}
        </dt>
        <dd className="pl-6.5 text-quiet">
          {t('recipient', { name, country })} <ExternalLink href={policy_url}>{t('policy')}</ExternalLink>
        </dd>
      </div>
    </dl>
  );
}

function WayForm({ platform, way, reconnects, wants, onConnected }: Omit<Props, 'onClose'> & { way: Way }) {
  const { t } = useTranslation('connect');
  const [isLeaving, setLeaving] = useState(false);
  const [features, setFeatures] = useState(() => firstChoice(platform.features, wants));
  const connect = query.useMutation('post', '/v1/channels/connect');
  const navigate = useNavigate();
  const isOauth = way.kind === 'oauth';
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const entries = [...new FormData(event.currentTarget)].filter(([, value]) => value !== '');
    const body = {
      platform: platform.id,
      way: way.kind,
      input: Object.fromEntries(entries) as Record<string, string>,
      ...(isOauth ? { features } : {}),
      ...(reconnects ? { reconnects: reconnects.id } : {}),
    };
    // What went wrong is shown from the mutation's state.
    const answer = await withIdentity(() => connect.mutateAsync({ body })).catch(() => undefined);
    if (answer?.redirect_to) {
      setLeaving(true);
      leaveForConsent(answer.redirect_to);
    } else if (answer?.connection) {
      void navigate({ to: '/channels', search: { choose: answer.connection } });
    } else if (answer) onConnected(answer.channels);
  }
  const errors = connect.error ? inputErrors(asProblem(connect.error).fields) : {};
  return (
    <Form validationErrors={errors} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Entries fields={way.fields} known={(name) => known(name, reconnects)} />
      {isOauth ? (
        <Permissions platform={platform} chosen={features} onChange={setFeatures} />
      ) : (
        <p className="text-small text-quiet">{t('permissions.password', { platform: platform.name })}</p>
      )}
      {connect.error && <ProblemNote problem={connect.error} />}
      <DialogEnd>
        {isOauth && <p className="text-small text-quiet">{t('leaves', { platform: platform.name })}</p>}
        <Button type="submit" look="solid" wide isPending={connect.isPending || isLeaving}>
          {isOauth ? t('continue', { platform: platform.name }) : t('connect')}
        </Button>
      </DialogEnd>
    </Form>
  );
}

/** The API names them `/input/handle`; the form knows them as `handle`. */
function inputErrors(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, said]) => [name.replace(/^input\//, ''), said]));
}

function needsApp({ app }: PlatformBody): boolean {
  return app.needed && !app.entered;
}

/** What need not be typed again when a channel is reconnected: who it is, and on which server. */
function known(field: string, channel: ChannelBody | undefined): string {
  if (!channel) return '';
  if (field === 'handle') return channel.handle;
  return field === 'instance' ? new URL(channel.url).origin : '';
}
