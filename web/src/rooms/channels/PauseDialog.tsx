import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { ChannelBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Radio, RadioGroup } from '@/design/Choice';
import { Dialog } from '@/design/Dialog';
import { ProblemNote } from '@/design/ErrorState';
import { TextField } from '@/design/Field';
import { Form } from '@/design/Form';
import { toast } from '@/design/Toast';
import { zoneWords } from '@/design/zones';
import { ChannelName } from '@/parts/ChannelName';
import { useRefresh } from './Mend';
import { instant } from './slots';

/** Pauses a channel, with the reason and until when. */
export function PauseDialog({ channel, onClose }: { channel: ChannelBody; onClose: () => void }) {
  const { t } = useTranslation('channels');
  const { zone } = useWorkspace();
  const refresh = useRefresh();
  const [end, setEnd] = useState('open');
  const pause = query.useMutation('put', '/v1/channels/{channel}/pause');
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const local = Date.parse(`${String(said.get('until') ?? '')}Z`);
    const until = end === 'time' ? { until: new Date(instant(local, zone)).toISOString() } : {};
    const body = { reason: String(said.get('reason') ?? ''), ...until };
    try {
      await pause.mutateAsync({ params: { path: { channel: channel.id } }, body });
    } catch {
      return; // Shown from the mutation's state.
    }
    await refresh();
    toast({ title: t('paused', { name: channel.name }) });
    onClose();
  }
  const errors = pause.error ? asProblem(pause.error).fields : {};
  return (
    <Dialog
      title={t('pause.title', { name: channel.name })}
      isOpen
      isDismissable={false}
      onOpenChange={(isOpen) => !isOpen && onClose()}
    >
      <Form validationErrors={errors} onSubmit={(event) => void submit(event)} className="flex flex-col gap-5">
        <ChannelName channel={channel} />
        <p className="text-body text-quiet">{t('pause.body')}</p>
        <TextField
          label={t('pause.reason')}
          hint={t('pause.reasonHint')}
          name="reason"
          isRequired
          maxLength={200}
          autoFocus
        />
        <RadioGroup label={t('pause.until')} value={end} onChange={setEnd}>
          <Radio value="open">{t('pause.open')}</Radio>
          <Radio value="time">{t('pause.time')}</Radio>
        </RadioGroup>
        {end === 'time' && (
          <TextField
            label={t('pause.when')}
            name="until"
            type="datetime-local"
            isRequired
            hint={t('pause.zone', { zone: zoneWords(zone) })}
          />
        )}
        {pause.error && <ProblemNote problem={pause.error} />}
        <Button type="submit" look="solid" wide isPending={pause.isPending}>
          {t('pause.act')}
        </Button>
      </Form>
    </Dialog>
  );
}
