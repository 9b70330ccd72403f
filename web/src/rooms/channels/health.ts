import type { ChannelBody } from '@/api/schema';
import { ON_WISH } from '@/parts/permissions';
import { takesPosts } from '@/parts/posting';

/**
 * How a channel is, in one word, worst first. `waits` ends without anyone doing anything; `partly` means that a permission is missing;
 * `no-slots` that "next free slot" would find none.
 */
const HEALTHS = ['reconnect', 'paused', 'waits', 'partly', 'no-slots', 'well'] as const;
export type Health = (typeof HEALTHS)[number];

/** `slots` is how many queue slots it has; `undefined` while that is not known. */
export function health(channel: ChannelBody, slots?: number): Health {
  if (isCutOff(channel)) return 'reconnect';
  if (channel.state === 'paused') return 'paused';
  if (channel.waits_until) return 'waits';
  if (missed(channel).length > 0) return 'partly';
  return slots === 0 && takesPosts(channel) ? 'no-slots' : 'well';
}

/** Why nothing is published there for a while. A reason that is not known here is a wait like any other. */
export function waitsFor({ waits_for: why }: ChannelBody): 'rate_limited' | 'restricted' | 'failing' {
  return why === 'restricted' || why === 'rate_limited' ? why : 'failing';
}

/** Whether nothing can be published there until someone reconnects it: its login has ended, or the platform gives it to this
 * account no more. */
export function isCutOff(channel: ChannelBody): boolean {
  return channel.state === 'needs_reconnect' || channel.state === 'gone';
}

/** Features that are switched off and that people expect. What is asked for only on wish is not one of them. */
export function missed(channel: ChannelBody): string[] {
  return channel.switched_off.filter((name) => !ON_WISH.includes(name));
}

/** The worst first, then by name. */
export function worstFirst(channels: ChannelBody[], slotsOf: (id: string) => number | undefined): ChannelBody[] {
  const rank = (channel: ChannelBody) => HEALTHS.indexOf(health(channel, slotsOf(channel.id)));
  return channels.toSorted((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

/** The scopes that a feature lacks on a channel. An app password has no scopes and can do all that it can. */
export function missingScopes(channel: ChannelBody, feature: { scopes: readonly string[] }): string[] {
  return channel.scopes.length === 0 ? [] : feature.scopes.filter((scope) => !channel.scopes.includes(scope));
}
