import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PostBody, SeriesBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { ConfirmDialog, Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { toast } from '@/design/Toast';
import { When } from '@/design/When';
import { changeSeries } from './acts';
import { TimeFields, useTime } from './TimeFields';
import { useAct } from './useAct';

/** A post that repeats, as one thing: how, what comes next, and what can be done with all that is still to come. */
export function SeriesCard({ post, series }: { post: PostBody; series: SeriesBody }) {
  const { t } = useTranslation('post');
  const mayPublish = useMay('posts:publish');
  const { act, isPending, problem } = useAct();
  const [asked, ask] = useState<'move' | 'end'>();
  const { repeat, to_come, occurrences, next_at, paused_at, zone } = series;
  const isPaused = paused_at !== undefined && paused_at !== null;
  if (to_come === 0 && !isPaused) return null;
  const turn = (what: 'pause' | 'resume') =>
    void act(
      () => changeSeries(post, series.id, { act: what }),
      () => toast({ title: t(`series.done.${what}`) }),
    );
  return (
    <Card className="flex flex-col gap-3 p-4">
      <h3 className="font-semibold">{t(`series.every.${repeat.every}`, { count: repeat.interval ?? 1 })}</h3>
      <p className="text-small text-quiet">
        {isPaused ? t('series.paused') : t('series.toCome', { count: to_come, all: occurrences })}{' '}
        {next_at && (
          <>
            {t('summary.next')} <When at={next_at} zone={zone} />
          </>
        )}
      </p>
      {problem && <ProblemNote problem={problem} />}
      {mayPublish && (
        <div className="flex flex-wrap gap-2">
          {!isPaused && (
            <Button small icon="calendar" onPress={() => ask('move')}>
              {t('series.move')}
            </Button>
          )}
          <Button
            small
            icon={isPaused ? 'play' : 'pause-circle'}
            isPending={isPending}
            onPress={() => turn(isPaused ? 'resume' : 'pause')}
          >
            {t(isPaused ? 'series.resume' : 'series.pause')}
          </Button>
          {!isPaused && (
            <Button small look="quiet" onPress={() => ask('end')}>
              {t('series.end')}
            </Button>
          )}
        </div>
      )}
      {asked === 'move' && <MoveSeries post={post} series={series} onClose={() => ask(undefined)} />}
      <ConfirmDialog
        title={t('series.endTitle')}
        confirm={t('series.end')}
        isOpen={asked === 'end'}
        onOpenChange={() => ask(undefined)}
        onConfirm={async () => {
          await changeSeries(post, series.id, { act: 'end' });
          toast({ title: t('series.done.end') });
        }}
      >
        <p>{t('series.endBody', { count: to_come })}</p>
      </ConfirmDialog>
    </Card>
  );
}

function MoveSeries({ post, series, onClose }: { post: PostBody; series: SeriesBody; onClose: () => void }) {
  const { t } = useTranslation('post');
  const time = useTime();
  const { act, isPending, problem } = useAct();
  const move = () =>
    void act(
      () => changeSeries(post, series.id, { act: 'move', ...time.schedule }),
      () => {
        toast({ title: t('series.done.move') });
        onClose();
      },
    );
  return (
    <Dialog
      title={t('series.moveTitle')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button look="solid" isDisabled={!time.isGood} isPending={isPending} onPress={move}>
          {t('series.moveAll', { count: series.to_come })}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-quiet">{t('series.moveBody')}</p>
        <TimeFields time={time} />
        {problem && <ProblemNote problem={problem} isLive="not-live" />}
      </div>
    </Dialog>
  );
}
