import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import i18next from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { asProblem, type Problem } from '@/api/problem';
import type { AttemptBody, ConnectLinkBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { ExternalLink } from '@/design/Link';
import { Skeleton } from '@/design/Skeleton';
import { ChooseTargets } from '@/parts/ChooseTargets';
import { Frame } from './Frame';

/**
 * The page behind a link to connect an account: the account's owner sees which workspace will publish on it before
 * they go on. They need no account here. The platform's consent page leads back to this page, too.
 */
export function ConnectLink() {
  const { t } = useTranslation('arrive');
  const { connected, refused, choose } = useSearch({ from: '/link' });
  const [token] = useState(() => location.hash.slice(1));
  const looked = useQuery({
    queryKey: ['connect-link', token],
    queryFn: async () => (await api.POST('/v1/connections/look', { body: { token } })).data as ConnectLinkBody,
    enabled: token !== '',
    retry: false,
  });
  if (choose) return <Choosing />;
  if (connected) return <Frame title={t('link.connected')} hint={t('link.connectedHint')} />;
  if (refused) return <Frame title={t('link.refused')} hint={t('link.refusedHint')} />;
  if (!token) return <Frame title={t('link.none')} hint={t('link.noneHint')} />;
  if (looked.error) {
    return (
      <Frame title={t('link.ended')}>
        <ErrorState problem={looked.error} />
      </Frame>
    );
  }
  if (!looked.data) {
    return (
      <Frame title={t('link.loading')}>
        <Skeleton rows={2} />
      </Frame>
    );
  }
  return <Offered token={token} link={looked.data} />;
}

/** The account gives several pages: their owner chooses on which the workspace may publish. */
function Choosing() {
  const { t } = useTranslation('arrive');
  const asked = useQuery({
    queryKey: ['connect-link-targets'],
    queryFn: async () => (await api.GET('/v1/connections/link')).data as AttemptBody,
    retry: false,
  });
  const [names, setNames] = useState<string[]>();
  const [problem, setProblem] = useState<Problem>();
  const [isPending, setPending] = useState(false);
  async function choose(channels: string[]) {
    setPending(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST('/v1/connections/link', { body: { channels } });
      setNames(data?.names ?? []);
    } catch (error) {
      setProblem(asProblem(error));
      setPending(false);
    }
  }
  if (names) {
    const list = new Intl.ListFormat(i18next.language).format(names);
    return <Frame title={t('link.connectedSeveral', { names: list })} hint={t('link.connectedHint')} />;
  }
  if (asked.error) {
    return (
      <Frame title={t('link.ended')}>
        <ErrorState problem={asked.error} />
      </Frame>
    );
  }
  return (
    <Frame title={t('link.choose')} hint={t('link.chooseHint')}>
      {asked.data ? (
        <ChooseTargets
          targets={asked.data.targets}
          isPending={isPending}
          problem={problem}
          onChoose={(keys) => void choose(keys)}
        />
      ) : (
        <Skeleton rows={3} />
      )}
    </Frame>
  );
}

function Offered({ token, link }: { token: string; link: ConnectLinkBody }) {
  const { t } = useTranslation('arrive');
  const { platform, workspace, recipient } = link;
  const [problem, setProblem] = useState<Problem>();
  const [isPending, setPending] = useState(false);
  async function open() {
    setPending(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST('/v1/connections/open', { body: { token } });
      if (data) location.assign(data.redirect_to);
    } catch (error) {
      setProblem(asProblem(error));
      setPending(false);
    }
  }
  return (
    <Frame title={t('link.title', { platform })} hint={t('link.hint', { platform, workspace })}>
      <Card className="flex flex-col gap-2 p-4 text-body">
        <p>{recipient.reads}</p>
        <ExternalLink href={recipient.policy_url}>{t('link.policy', { name: recipient.name })}</ExternalLink>
      </Card>
      {problem && <ProblemNote problem={problem} />}
      <Button look="solid" wide isPending={isPending} onPress={() => void open()}>
        {t('link.act', { platform })}
      </Button>
    </Frame>
  );
}
