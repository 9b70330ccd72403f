import type { ChannelBody } from '@/api/schema';
import { chosenWorkspace } from '@/api/workspace';
import { Avatar } from '@/design/Avatar';

/** Where a channel's picture is. A browser asks for it without our headers, so the address names the workspace. */
function pictureOf({ id, picture }: Pick<ChannelBody, 'id' | 'picture'>): string | undefined {
  if (!picture) return undefined;
  const workspace = chosenWorkspace();
  const query = new URLSearchParams({ v: picture, ...(workspace ? { workspace } : {}) });
  return `/v1/channels/${encodeURIComponent(id)}/picture?${query}`;
}

/** A channel's picture, or its initials, with the icon of its platform unless it stands on the platform's own ground. */
export function ChannelAvatar({
  channel,
  bare = false,
  ...rest
}: {
  channel: Pick<ChannelBody, 'id' | 'name' | 'platform' | 'picture'>;
  /** Without the platform's icon. */
  bare?: boolean;
  size?: 'small' | 'normal' | 'large';
  className?: string;
}) {
  return (
    <Avatar
      name={channel.name}
      picture={pictureOf(channel)}
      {...(bare ? {} : { platform: channel.platform })}
      {...rest}
    />
  );
}
