import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PostBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Dialog } from '@/design/Dialog';
import { When } from '@/design/When';
import { type Draft, draftOf } from '../model/draft';
import type { Part } from '../model/parts';
import type { Saver } from './saver';

interface Props {
  saver: Saver;
  theirs: PostBody;
  mine: Draft;
  onTheirs: (draft: Draft) => void;
}

/** Someone else changed the post meanwhile. Both are shown; nothing is overwritten before a person has chosen. */
export function Conflict({ saver, theirs, mine, onTheirs }: Props) {
  const { t } = useTranslation('compose');
  const { zone } = useWorkspace();
  const [isPending, setPending] = useState(false);
  const act = (doing: () => Promise<void>) => () => {
    setPending(true);
    void doing().finally(() => setPending(false));
  };
  return (
    <Dialog
      wide
      isAlert
      isOpen
      isDismissable={false}
      title={t('conflict.title')}
      actions={
        <>
          <Button isDisabled={isPending} onPress={() => onTheirs(saver.yield(theirs))}>
            {t('conflict.theirs')}
          </Button>
          <Button isPending={isPending} onPress={act(() => saver.part())}>
            {t('conflict.both')}
          </Button>
          <Button look="solid" isPending={isPending} onPress={act(() => saver.insist(theirs))}>
            {t('conflict.mine')}
          </Button>
        </>
      }
    >
      <p className="mb-4 text-body text-quiet">{t('conflict.body')}</p>
      <div className="grid gap-4 md:grid-cols-2">
        <Side title={t('conflict.mineTitle')} parts={mine.parts} />
        <Side
          title={t('conflict.theirsTitle')}
          parts={draftOf(theirs).parts}
          hint={<When at={theirs.changed_at} zone={zone} />}
        />
      </div>
    </Dialog>
  );
}

function Side({ title, parts, hint }: { title: string; parts: Part[]; hint?: React.ReactNode }) {
  const { t } = useTranslation('compose');
  return (
    <section className="flex min-w-0 flex-col gap-2 rounded-control border border-line p-3">
      <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 font-medium">
        {title}
        {hint && <span className="text-small font-normal text-quiet">{hint}</span>}
      </h3>
      {parts.map((part) => (
        <div key={part.key} className="flex flex-col gap-1 border-t border-line pt-2 first-of-type:border-0">
          <p dir="auto" className="text-body break-words whitespace-pre-wrap">
            {part.text}
          </p>
          {part.media.length > 0 && (
            <p className="text-small text-quiet">{t('conflict.files', { count: part.media.length })}</p>
          )}
        </div>
      ))}
    </section>
  );
}
