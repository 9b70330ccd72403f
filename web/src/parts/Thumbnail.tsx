import { useState } from 'react';
import { chosenWorkspace } from '@/api/workspace';
import { cx } from '@/design/cx';
import { Icon } from '@/design/Icon';

/** Where a small picture of an image is. A browser asks for it without our headers, so the address names the workspace. */
function thumbnailOf(media: string): string {
  const workspace = chosenWorkspace();
  const query = new URLSearchParams({ rendition: 'thumbnail', ...(workspace ? { workspace } : {}) });
  return `/v1/media/${encodeURIComponent(media)}/file?${query}`;
}

/** A small picture beside the words it belongs to. Without `alt` it adds nothing to them. A video has no picture. */
export function Thumbnail({ media, alt = '', className }: { media: string; alt?: string; className?: string }) {
  const [isMissing, setMissing] = useState(false);
  if (isMissing) {
    return (
      <span
        role="img"
        aria-label={alt}
        aria-hidden={alt === ''}
        className={cx('inline-flex shrink-0 items-center justify-center bg-sunken text-quiet', className)}
      >
        <Icon name="video" />
      </span>
    );
  }
  return (
    <img
      src={thumbnailOf(media)}
      alt={alt}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setMissing(true)}
      className={cx('shrink-0 bg-sunken object-cover', className)}
    />
  );
}
