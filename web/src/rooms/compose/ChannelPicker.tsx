import { memo, useCallback, useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useMe } from '@/api/hooks';
import type { ChannelBody, PlatformBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { TextField } from '@/design/Field';
import { Icon } from '@/design/Icon';
import { Link } from '@/design/Link';
import { Menu, MenuItem, MenuLine, MenuTrigger } from '@/design/Menu';
import { PressedStays } from '@/design/PressedStays';
import { ChannelAvatar } from '@/parts/ChannelAvatar';
import { ChannelName, channelWords } from '@/parts/ChannelName';
import { useComposing } from './context';
import { chooseChannels } from './model/draft';
import { useNames } from './names';
import { keepChoice } from './saving/backup';
import { useSame } from './useSame';

/** From so many on, channels are looked for by typing. */
const MANY = 12;

/** Which channels it goes to. A channel that nothing can be published on is shown with the reason. */
export function ChannelPicker({ isFixed }: { isFixed: boolean }) {
  const { t } = useTranslation('compose');
  const { draft, apply, channels, platforms, workspace } = useComposing();
  const { id: person } = useMe();
  const [sought, seek] = useState('');
  const chosen = draft.targets.map(({ channel }) => channel);
  const choose = useCallback(
    (ids: string[]): void => {
      apply((before) => chooseChannels(before, ids));
      keepChoice(workspace, person, ids);
    },
    [apply, workspace, person],
  );
  // Among many, those that were chosen before stand first; they stay where they are while someone chooses.
  const [first] = useState(chosen);
  const words = sought.toLowerCase();
  const ordered =
    channels.length > MANY
      ? channels.toSorted((one, other) => Number(first.includes(other.id)) - Number(first.includes(one.id)))
      : channels;
  const shown = useSame(
    ordered.filter(({ name, handle, platform }) => `${name} ${handle} ${platform}`.toLowerCase().includes(words)),
  );
  const kept = useSame(chosen);
  if (isFixed) return <Fixed />;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex min-h-8 items-center justify-between gap-2">
        <h2 className="text-body font-medium">
          {t(chosen.length > 0 ? 'channels.title' : 'channels.noneYet', { count: chosen.length, all: channels.length })}
        </h2>
        {channels.length > 1 && <Choose chosen={kept} onChoose={choose} channels={channels} platforms={platforms} />}
      </div>
      {channels.length > MANY && (
        <TextField
          label={t('channels.seek')}
          value={sought}
          onChange={seek}
          lead={<Icon name="search" className="size-4" />}
        />
      )}
      <PressedStays>
        <Chips shown={shown} chosen={kept} onChoose={choose} platforms={platforms} isMany={channels.length > MANY} />
      </PressedStays>
      <Trouble />
    </div>
  );
}

interface ChipsProps {
  shown: ChannelBody[];
  chosen: string[];
  onChoose: (ids: string[]) => void;
  platforms: PlatformBody[];
  isMany: boolean;
}

/** Drawn again only when a channel or the choice has changed. */
const Chips = memo(function Chips({ shown, chosen, onChoose, platforms, isMany }: ChipsProps) {
  const { t } = useTranslation('compose');
  return (
    <ToggleButtonGroup
      aria-label={t('channels.label')}
      selectionMode="multiple"
      selectedKeys={chosen}
      onSelectionChange={(keys) => {
        // What is not shown stays as it is; the order in which channels were chosen stays too.
        const added = [...keys].map(String).filter((id) => !chosen.includes(id));
        onChoose([...chosen.filter((id) => keys.has(id) || !shown.some((one) => one.id === id)), ...added]);
      }}
      className={cx(
        'flex gap-2 max-sm:-mx-4 max-sm:overflow-x-auto max-sm:px-4 max-sm:[scrollbar-width:none] sm:flex-wrap',
        isMany && 'sm:max-h-44 sm:overflow-y-auto sm:p-0.5',
      )}
    >
      {shown.map((channel) => (
        <Chip key={channel.id} channel={channel} platforms={platforms} />
      ))}
    </ToggleButtonGroup>
  );
});

function Chip({ channel, platforms }: { channel: ChannelBody; platforms: PlatformBody[] }) {
  const { t } = useTranslation('compose');
  const platform = platforms.find(({ id }) => id === channel.platform)?.name ?? channel.platform;
  const isWell = channel.state === 'active';
  return (
    <ToggleButton
      id={channel.id}
      aria-label={t(isWell ? 'channels.chip' : 'channels.chipTrouble', { name: channelWords(channel), platform })}
      className={cx(
        'group flex min-h-11 max-w-56 shrink-0 items-center sm:max-w-64 gap-2.5 rounded-full border border-line bg-surface py-1 pr-3 pl-1.5 text-body transition-colors data-selected:outline-1 data-selected:-outline-offset-2 data-selected:outline-brass',
        'text-quiet data-hovered:border-edge data-selected:border-brass data-selected:text-ink',
      )}
    >
      {({ isSelected }) => (
        <>
          <ChannelAvatar channel={channel} {...(isSelected ? {} : { className: 'grayscale' })} />
          <span className="flex min-w-0 flex-col text-left leading-tight">
            <span className="truncate">{channel.name}</span>
            <span className="truncate text-small text-quiet">
              {channel.handle === channel.name ? platform : channel.handle}
            </span>
          </span>
          {isWell ? (
            <Icon name={isSelected ? 'check' : 'plus'} className={cx('size-4', isSelected && 'text-accent')} />
          ) : (
            <Icon name={channel.state === 'paused' ? 'pause-circle' : 'plug'} className="size-4 text-state-needs" />
          )}
        </>
      )}
    </ToggleButton>
  );
}

/** All at once, none, or those of one platform. */
type ChooseProps = Pick<ChipsProps, 'chosen' | 'onChoose' | 'platforms'> & { channels: ChannelBody[] };

/** Drawn again only when a channel or the choice has changed. */
const Choose = memo(function Choose({ chosen, onChoose, channels, platforms }: ChooseProps) {
  const { t } = useTranslation('compose');
  const used = platforms.filter(({ id }) => channels.some(({ platform }) => platform === id));
  const idsOf = (platform?: PlatformBody) =>
    channels.filter(({ platform: id }) => !platform || id === platform.id).map(({ id }) => id);
  return (
    <MenuTrigger>
      <Button small look="quiet">
        {t('channels.choose')}
        <Icon name="chevron-down" className="size-4" />
      </Button>
      <Menu
        placement="bottom end"
        onAction={(act) => {
          if (act === 'none') return onChoose([]);
          const added = idsOf(used.find(({ id }) => id === act));
          onChoose([...chosen, ...added.filter((id) => !chosen.includes(id))]);
        }}
      >
        <MenuItem id="all">{t('channels.all')}</MenuItem>
        {used.map(({ id, name }) => (
          <MenuItem key={id} id={id}>
            {t('channels.allOf', { platform: name })}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem id="none">{t('channels.none')}</MenuItem>
      </Menu>
    </MenuTrigger>
  );
});

/** Chosen channels that something is wrong with: what, and the way to fix it. */
function Trouble() {
  const { t } = useTranslation('compose');
  const { draft, channels } = useComposing();
  const mayManage = useMay('channels:manage');
  const nameOf = useNames();
  const ill = channels.filter(
    ({ id, state }) => state !== 'active' && draft.targets.some(({ channel }) => channel === id),
  );
  if (ill.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1.5">
      {ill.map(({ id, state, reason }) => (
        <li key={id} className="flex items-start gap-2 rounded-control bg-state-needs-tint px-3 py-2 text-body">
          <Icon name={state === 'paused' ? 'pause-circle' : 'plug'} className="mt-0.5 size-4 text-state-needs" />
          <p className="min-w-0 flex-1">
            {t(state === 'paused' ? 'channels.paused' : 'channels.reconnect', { name: nameOf(id) })} {reason}{' '}
            {mayManage ? (
              <Link to={`/channels/${id}` as string}>
                {t(state === 'paused' ? 'channels.resume' : 'channels.mend')}
              </Link>
            ) : (
              t('channels.ask')
            )}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** What recurs keeps its channels. */
function Fixed() {
  const { t } = useTranslation('compose');
  const { draft, channels } = useComposing();
  return (
    <div className="flex flex-col gap-2">
      <h2 className="text-body font-medium">{t('channels.fixed')}</h2>
      <ul className="flex flex-wrap gap-2">
        {draft.targets.map(({ channel: id }) => {
          const channel = channels.find((one) => one.id === id);
          return (
            <li
              key={id}
              className="flex min-w-0 items-center rounded-full border border-line bg-surface py-1 pr-4 pl-1.5"
            >
              {channel ? <ChannelName channel={channel} /> : t('channels.gone')}
            </li>
          );
        })}
      </ul>
      <p className="text-small text-quiet">{t('channels.fixedHint')}</p>
    </div>
  );
}
