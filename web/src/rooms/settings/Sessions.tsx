import { useTranslation } from 'react-i18next';
import { api, query } from '@/api/client';
import { useMe } from '@/api/hooks';
import type { SessionBody } from '@/api/schema';
import { Badge } from '@/design/Badge';
import { Button } from '@/design/Button';
import { ConfirmDialog, DialogTrigger } from '@/design/Dialog';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { useSaving } from '@/design/Form';
import { Icon } from '@/design/Icon';
import { PageHeader } from '@/design/PageHeader';
import { Skeleton } from '@/design/Skeleton';
import { List, ListRow } from '@/design/Table';
import { toast } from '@/design/Toast';
import { fromNow, When } from '@/design/When';

/** Where the person is signed in; each can be ended, such as that of a lost phone. */
export function Sessions() {
  const { t } = useTranslation('settings');
  const sessions = query.useQuery('get', '/v1/sessions');
  const all = sessions.data?.items ?? [];
  const others = all.filter(({ current }) => !current);
  async function endOthers() {
    for (const { id } of others) await end(id);
    await sessions.refetch();
    toast({ title: t('sessions.othersEnded') });
  }
  return (
    <>
      <PageHeader
        title={t('sessions.title')}
        hint={t('sessions.hint')}
        actions={
          others.length > 0 && (
            <DialogTrigger>
              <Button icon="sign-out">{t('sessions.endOthers')}</Button>
              <ConfirmDialog
                title={t('sessions.endOthersTitle', { count: others.length })}
                confirm={t('sessions.endOthers')}
                onConfirm={endOthers}
              >
                <p>{t('sessions.endOthersBody')}</p>
              </ConfirmDialog>
            </DialogTrigger>
          )
        }
      />
      {sessions.isPending && <Skeleton rows={3} />}
      {sessions.error && <ErrorState problem={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data && (
        <List label={t('sessions.title')}>
          {[...all.filter(({ current }) => current), ...others].map((session) => (
            <Session key={session.id} session={session} onEnded={() => sessions.refetch()} />
          ))}
        </List>
      )}
    </>
  );
}

async function end(session: string): Promise<void> {
  await api.DELETE('/v1/sessions/{session}', { params: { path: { session } } });
}

/** A device in the language of the page. The server stores `Firefox on Linux`, one of both names, or that it is unknown. */
function useDevice(stored: string): string {
  const { t } = useTranslation('settings');
  if (stored === 'unknown device') return t('sessions.unknown');
  const [program, system] = stored.split(' on ');
  return system === undefined ? stored : t('sessions.on', { program, system });
}

function Session({ session, onEnded }: { session: SessionBody; onEnded: () => Promise<unknown> }) {
  const { t } = useTranslation('settings');
  const { zone } = useMe();
  const { save, isPending, problem } = useSaving();
  const device = useDevice(session.device);
  async function act() {
    if (!(await save(() => end(session.id)))) return;
    await onEnded();
    toast({ title: t('sessions.ended', { device }) });
  }
  return (
    <ListRow className="flex-wrap">
      <Icon name="system" className="text-quiet" />
      <div className="flex min-w-0 flex-1 basis-48 flex-col">
        <span className="flex flex-wrap items-center gap-2 font-medium">
          {device}
          {session.current && <Badge tone="published">{t('sessions.this')}</Badge>}
        </span>
        <span className="text-small text-quiet">
          {t('sessions.seen', { when: fromNow(session.last_seen_at) })}
          {' · '}
          {t('sessions.began')} <When at={session.created_at} zone={zone} />
        </span>
      </div>
      {!session.current && (
        <Button small isPending={isPending} onPress={() => void act()} aria-label={t('sessions.endOne', { device })}>
          {t('sessions.end')}
        </Button>
      )}
      {problem && <ProblemNote problem={problem} className="w-full" />}
    </ListRow>
  );
}
