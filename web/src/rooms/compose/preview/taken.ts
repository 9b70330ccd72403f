import type { ChannelBody } from '@/api/schema';

/**
 * The files of a part that a channel takes, by its limits: the first ones of the kind that stands first, unless kinds may
 * be mixed. All of them where no limits are known.
 */
export function taken<T>(files: T[], limits: ChannelBody['limits'] | undefined, isVideo: (file: T) => boolean): T[] {
  const [first] = files;
  if (!limits || first === undefined) return files;
  const room = { video: limits.video?.count_max ?? 0, image: limits.images?.count_max ?? 0 };
  return files.filter((file) => {
    if (!limits.mixed_media && isVideo(file) !== isVideo(first)) return false;
    const kind = isVideo(file) ? 'video' : 'image';
    room[kind] -= 1;
    return room[kind] >= 0;
  });
}
