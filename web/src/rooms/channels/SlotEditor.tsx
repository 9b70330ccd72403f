import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import type { ChannelBody, SlotBody } from '@/api/schema';
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
    <Editor channel={channel} stored={stored.data} zone={zone} />
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

/** Shows a change at once and stores it; changes of one channel are stored in their order. */
function useChange(channel: string, zone: string) {
  const client = useQueryClient();
  const { queryKey } = query.queryOptions('get', '/v1/channels/{channel}/slots', { params: { path: { channel } } });
  const put = query.useMutation('put', '/v1/channels/{channel}/slots', {
    scope: { id: `slots ${channel}` },
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  function change(slots: Slot[], to: string = zone) {
    const shown = slots.map((slot) => ({ ...slot, zone: to, id: `${slot.weekday} ${slot.time}` }));
    void client.cancelQueries({ queryKey });
    client.setQueryData<SlotBody[]>(queryKey, shown);
    const body = { zone: to, slots: slots.map(({ weekday, time }) => ({ weekday, time })) };
    put.mutate({ params: { path: { channel } }, body });
  }
  return { change, problem: put.error };
}

function Editor({ channel, stored, zone }: { channel: ChannelBody; stored: SlotBody[]; zone: string }) {
  const { t } = useTranslation('channels');
  const { change, problem } = useChange(channel.id, zone);
  const slots = inOrder(stored);
  function say(title: string) {
    toast({ title, action: { label: t('slots.undo'), onPress: () => change(slots) } });
  }
  return (
    <Card className="flex flex-col gap-5 p-4 md:p-5">
      <div className="flex flex-col gap-4 md:flex-row md:items-start md:justify-between">
        <ZonePicker
          key={zone}
          className="w-full md:max-w-72"
          value={zone}
          onChange={(to) => {
            if (to === zone) return;
            change(slots, to);
            toast({
              title: t('slots.zoneChanged', { zone: zoneWords(to) }),
              detail: slots.length > 0 ? t('slots.zoneKeeps') : '',
              action: { label: t('slots.undo'), onPress: () => change(slots, zone) },
            });
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
              const week = preset ? PRESETS[preset] : [];
              if (isSame(week, slots)) return;
              change([...week]);
              say(preset ? t('slots.presetSet') : t('slots.cleared'));
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
      <SlotWeek
        slots={slots}
        onChange={(next, said) => {
          change(next);
          if (said) say(said);
        }}
      />
      <div role="status" className="sr-only">
        {t('slots.count', { count: slots.length })}
      </div>
      {problem && <ProblemNote problem={problem} />}
    </Card>
  );
}
