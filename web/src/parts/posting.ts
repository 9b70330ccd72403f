import type { ChannelBody } from '@/api/schema';

/** Whether posts can be published on a channel. Some platforms take messages to one person only. */
export function takesPosts({ limits, purpose }: Pick<ChannelBody, 'limits' | 'purpose'>): boolean {
  return Boolean(limits) || !purpose;
}
