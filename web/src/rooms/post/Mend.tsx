import { useTranslation } from 'react-i18next';
import type { ChannelBody, PublicationBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { ProblemNote } from '@/design/ErrorState';
import { ButtonLink } from '@/design/Link';
import { toast } from '@/design/Toast';
import { resume } from './acts';
import { useAct } from './useAct';

const RECONNECT = ['reconnect_needed', 'scope_missing', 'account_blocked', 'token_expired'];
/** States in which a channel's login gives it no more. */
const CUT_OFF = ['needs_reconnect', 'gone'];
const OPERATOR = ['app_misconfigured', 'address_refused'];

function isCutOff(channel: ChannelBody | undefined): boolean {
  return CUT_OFF.includes(channel?.state ?? '');
}

/** Whether there is a button that fixes what it waits for. */
export function mends(publication: PublicationBody, channel: ChannelBody | undefined): boolean {
  return RECONNECT.includes(publication.reason ?? '') || isCutOff(channel) || channel?.state === 'paused';
}

/** What has to be fixed before it can be published, and the button for it. */
export function Mend({ publication, channel }: { publication: PublicationBody; channel: ChannelBody | undefined }) {
  const { t } = useTranslation('post');
  const mayManage = useMay('channels:manage');
  const { act, isPending, problem } = useAct();
  const reason = publication.reason ?? '';
  const needsLogin = RECONNECT.includes(reason) || isCutOff(channel);
  if (!channel) return <p>{t('mend.disconnected')}</p>;
  if (needsLogin) {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <p className="measure">{t('mend.reconnect', { channel: channel.name })}</p>
        <ButtonLink look="solid" icon="plug" to="/channels/$channel" params={{ channel: channel.id }} search={{}}>
          {t('mend.reconnectButton')}
        </ButtonLink>
      </div>
    );
  }
  if (channel.state === 'paused') {
    return (
      <div className="flex flex-col items-start gap-3">
        <p className="measure">{t(mayManage ? 'mend.paused' : 'mend.pausedForManagers', { channel: channel.name })}</p>
        {mayManage && (
          <Button
            look="solid"
            icon="play"
            isPending={isPending}
            onPress={() =>
              void act(
                () => resume(channel.id),
                () => toast({ title: t('mend.resumed') }),
              )
            }
          >
            {t('mend.resume')}
          </Button>
        )}
        {problem && <ProblemNote problem={problem} isLive="not-live" />}
      </div>
    );
  }
  return <p className="measure">{t(OPERATOR.includes(reason) ? 'mend.operator' : 'mend.mended')}</p>;
}
