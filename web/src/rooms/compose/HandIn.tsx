import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { asProblem, Problem } from '@/api/problem';
import { workspaceHeader } from '@/api/workspace';
import { queries } from '@/app/queries';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { TextArea, TextField } from '@/design/Field';
import { toast } from '@/design/Toast';
import { useComposing } from './context';
import type { Saver } from './saving/saver';

/** For those who may write but not publish: hands the draft to those who may, with a note and the time that is meant. */
export function HandIn({ saver, isDisabled }: { saver: Saver; isDisabled: boolean }) {
  const { t } = useTranslation('compose');
  const { workspace, zone } = useComposing();
  const [isOpen, open] = useState(false);
  const [note, setNote] = useState('');
  const [at, setAt] = useState('');
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function handIn(): Promise<void> {
    setPending(true);
    setProblem(undefined);
    try {
      if (!(await saver.flush()) || !saver.stored) {
        // What the two versions are is asked on the page.
        if (saver.state.kind === 'conflict') return open(false);
        throw saver.state.kind === 'failed' ? saver.state.problem : new Problem({ type: '/problems/offline' });
      }
      const { id, revision } = saver.stored;
      const planned = at ? { planned: { local: at, zone } } : {};
      const { data } = await api.PUT('/v1/posts/{post}/review', {
        params: { path: { post: id }, header: ifMatch(revision) },
        headers: workspaceHeader(workspace),
        body: { ...(note.trim() ? { note } : {}), ...planned },
      });
      if (data) saver.retimed(data);
      void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/posts') });
      toast({ title: t('handIn.done') });
      open(false);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <>
      <Button look="solid" icon="send" isDisabled={isDisabled} onPress={() => open(true)}>
        {t('handIn.button')}
      </Button>
      <Dialog
        title={t('handIn.title')}
        isOpen={isOpen}
        onOpenChange={open}
        actions={
          <Button look="solid" isPending={isPending} onPress={() => void handIn()}>
            {t('handIn.act')}
          </Button>
        }
      >
        <div className="flex flex-col gap-4">
          <p className="text-quiet">{t('handIn.body')}</p>
          <TextArea label={t('handIn.note')} value={note} onChange={setNote} maxLength={2000} />
          <TextField type="datetime-local" label={t('handIn.planned')} value={at} onChange={setAt} />
          {problem && <ProblemNote problem={problem} isLive="not-live" />}
        </div>
      </Dialog>
    </>
  );
}
