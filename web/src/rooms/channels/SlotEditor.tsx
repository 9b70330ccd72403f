import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import type { ChannelBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Button } from '@/design/Button';
import { Card } from '@/design/Card';
import { ErrorState, ProblemNote } from '@/design/ErrorState';
import { Menu, MenuItem, MenuTrigger } from '@/design/Menu';
import { Bone } from '@/design/Skeleton';
import { toast } from '@/design/Toast';
import { ZonePicker } from '@/design/ZonePicker';
import { zoneWords } from '@/design/zones';
import { SlotWeek } from './SlotWeek';
import { inOrder, isSame, PRESET_NAMES, PRESETS, type Slot } from './slots';

/** The weekly times that posts fill. Each change is stored at once and can be taken back. */
export function SlotEditor({ channel }: { channel: ChannelBody }) {
  const { t } = useTranslation('channels');
  const stored = useSlots(channel.id);
  const mayManage = useMay('channels:manage');
  const { zone: home } = useWorkspace();
  if (stored.error) return <ErrorState problem={stored.error} onRetry={() => void stored.refetch()} />;
  if (!stored.data) return <Bone className="h-64 w-full rounded-card" />;
  const zone = stored.data[0]?.zone ?? home;
  return mayManage ? (
    <Editor channel={channel} stored={{ zone, slots: stored.data }} />
  ) : (
    <Card className="flex flex-col gap-4 p-4 md:p-5">
      <p className="text-small text-quiet">{t('slots.zone', { zone: zoneWords(zone) })}</p>
      <SlotWeek slots={stored.data} />
    </Card>
  );
}

function useSlots(channel: string) {
  return query.useQuery('get', '/v1/channels/{channel}/slots', { params: { path: { channel } } });
}

interface Week {
  zone: string;
  slots: Slot[];
}

/**
 * Shows a change at once and stores it; changes of one channel are stored in their order. Until the last of them is
 * answered it is what counts, whatever is read of the channel meanwhile: the next change begins from it.
 */
function useChange(channel: string, stored: Week) {
  const client = useQueryClient();
  const { queryKey } = query.queryOptions('get', '/v1/channels/{channel}/slots', { params: { path: { channel } } });
  const put = query.useMutation('put', '/v1/channels/{channel}/slots', {
    scope: { id: `slots ${channel}` },
    onSuccess: async (answer) => {
      // What was asked for before this was stored would be an older week.
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, answer);
    },
    onSettled: () => void client.invalidateQueries({ queryKey }),
  });
  const shown = put.isPending ? put.variables.body : stored;
  function change({ zone, slots }: Week) {
    const body = { zone, slots: slots.map(({ weekday, time }) => ({ weekday, time })) };
    put.mutate({ params: { path: { channel } }, body });
  }
  return { shown, change, problem: put.error };
}

/** Changes the week, and offers to take the last change back: an older offer would take back what came after it, too. */
function useEditing(channel: string, stored: Week) {
  const { t } = useTranslation('channels');
  const { shown, change, problem } = useChange(channel, stored);
  // A week without slots has no zone where it is stored; the first slot gets the one that was chosen last.
  const [chosen, choose] = useState<string>();
  const offer = useRef<() => void>(undefined);
  const week = { zone: shown.slots.length > 0 ? shown.zone : (chosen ?? shown.zone), slots: inOrder(shown.slots) };
  function make(next: Week) {
    offer.current?.();
    choose(next.zone);
    if (next.slots.length > 0 || week.slots.length > 0) change(next);
  }
  function edit(next: Partial<Week>, title?: string, detail = '') {
    make({ ...week, ...next });
    if (!title) return;
    offer.current = toast({ title, detail, action: { label: t('slots.undo'), onPress: () => make(week) } });
  }
  return { week, edit, problem };
}

function Editor({ channel, stored }: { channel: ChannelBody; stored: Week }) {
  const { t } = useTranslation('channels');
  const { week, edit, problem } = useEditing(channel.id, stored);
  const { zone, slots } = week;
  return (
    <Card className="flex flex-col gap-5 p-4 md:p-5">
      <div className="flex flex-col gap-4 md:flex-row md:items-start md:justify-between">
        <ZonePicker
          className="w-full md:max-w-72"
          value={zone}
          onChange={(to) => {
            if (to === zone) return;
            const detail = slots.length > 0 ? t('slots.zoneKeeps') : '';
            edit({ zone: to }, t('slots.zoneChanged', { zone: zoneWords(to) }), detail);
          }}
        />
        <MenuTrigger>
          <Button icon="sparkle" className="self-start md:mt-6.5">
            {t('slots.presets')}
          </Button>
          <Menu
            aria-label={t('slots.presets')}
            placement="bottom end"
            onAction={(id) => {
              const preset = PRESET_NAMES.find((name) => name === id);
              const ready = preset ? PRESETS[preset] : [];
              if (isSame(ready, slots)) return;
              edit({ slots: [...ready] }, preset ? t('slots.presetSet') : t('slots.cleared'));
            }}
          >
            {PRESET_NAMES.map((name) => (
              <MenuItem key={name} id={name}>
                {t(`slots.preset.${name}`)}
              </MenuItem>
            ))}
            <MenuItem id="none" icon="trash" isDisabled={slots.length === 0}>
              {t('slots.clear')}
            </MenuItem>
          </Menu>
        </MenuTrigger>
      </div>
      {slots.length === 0 && <p className="measure text-body text-quiet">{t('slots.empty')}</p>}
      <SlotWeek slots={slots} onChange={(next, said) => edit({ slots: next }, said)} />
      <div role="status" className="sr-only">
        {t('slots.count', { count: slots.length })}
      </div>
      {problem && <ProblemNote problem={problem} />}
    </Card>
  );
}
