import { usePlatform } from '@/api/hooks';
import type { ChannelBody } from '@/api/schema';
import { cx } from '@/design/cx';
import { PlatformIcon } from '@/design/PlatformIcon';
import { ChannelAvatar } from '@/parts/ChannelAvatar';

type Named = Pick<ChannelBody, 'id' | 'name' | 'handle' | 'platform' | 'picture'>;

/** `Lena Vos (lena.test, Bluesky)`: a channel in words, so that two of one name are told apart. */
export function channelWords({ name, handle }: Pick<Named, 'name' | 'handle'>, platform?: string): string {
  const more = [handle === name ? '' : handle, platform].filter(Boolean).join(', ');
  return more ? `${name} (${more})` : name;
}

/**
 * A channel wherever it is named: who it is by picture and name, and under it the handle and the network. With `inline` in
 * one line, for menus and filters. What is too long for its place ends in an ellipsis, and is whole for a pointer that rests.
 */
export function ChannelName({
  channel,
  inline = false,
  size = 'normal',
  className,
}: {
  channel: Named;
  inline?: boolean;
  size?: 'small' | 'normal' | 'large';
  className?: string;
}) {
  const { name, handle, platform } = channel;
  const network = usePlatform(platform)?.name ?? platform;
  const whole = channelWords(channel, network);
  if (inline) {
    return (
      <span title={whole} className={cx('flex min-w-0 items-center gap-2', className)}>
        <PlatformIcon platform={platform} className="size-4 text-quiet" />
        <span className="truncate">
          {name}
          {handle !== name && <span className="text-small text-quiet"> · {handle}</span>}
        </span>
        <span className="sr-only">{network}</span>
      </span>
    );
  }
  return (
    <span title={whole} className={cx('flex min-w-0 items-center gap-3', className)}>
      <ChannelAvatar channel={channel} size={size} />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate font-medium">{name}</span>
        <span className="truncate text-small text-quiet">
          {handle !== name && `${handle} · `}
          {network}
        </span>
      </span>
    </span>
  );
}
