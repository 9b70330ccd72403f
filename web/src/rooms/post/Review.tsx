import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import type { PostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { ProblemNote } from '@/design/ErrorState';
import { TextArea } from '@/design/Field';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';
import { handBack } from './acts';
import { useAct } from './useAct';
import { useActorWords } from './usePeople';

/** A post between its author and those who may publish it: who said what, and the way back. */
export function Review({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const { id } = useMe();
  const who = useActorWords();
  const mayPublish = useMay('posts:publish');
  const [note, setNote] = useState('');
  const { act, isPending, problem } = useAct();
  const { review } = post;
  if (!review || !['draft', 'in_review'].includes(post.state)) return null;
  const isIn = review.stands === 'handed_in';
  const isMine = review.by === id;
  return (
    <Card className="flex flex-col gap-3 p-4">
      <h2 className="font-semibold">{t(isIn ? 'review.in' : 'review.back')}</h2>
      <p className="text-small text-quiet">
        {t(isIn ? 'review.inBy' : 'review.backBy', { who: who(review.by) })} <When at={review.at} zone={zone} />
      </p>
      {review.note && (
        <p dir="auto" className="measure border-l-2 border-line pl-3 wrap-break-word whitespace-pre-line">
          {review.note}
        </p>
      )}
      {isIn && mayPublish && <TextArea label={t('review.note')} value={note} onChange={setNote} maxLength={2000} />}
      {problem && <ProblemNote problem={problem} isLive="not-live" />}
      {isIn && (mayPublish || isMine) && (
        <Button
          className="self-start"
          isPending={isPending}
          onPress={() =>
            void act(
              () => handBack(post, note),
              () => toast({ title: t(mayPublish ? 'review.returned' : 'review.takenBack') }),
            )
          }
        >
          {t(mayPublish ? 'review.return' : 'review.takeBack')}
        </Button>
      )}
    </Card>
  );
}
