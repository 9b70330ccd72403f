import type { PlatformBody } from '@/api/schema';

type Feature = PlatformBody['features'][number];

/** Nothing works without these. */
const ALWAYS = ['connect', 'publish'];
/** It reads what is not the account's own, so it is asked for only when someone wants it, and not missed otherwise. */
export const ON_WISH = ['quote'];

/** What a channel can be asked for, and whether it is a choice: what needs no scope of its own comes along. */
export interface Asked extends Feature {
  isFixed: boolean;
}

/** The features of a platform in three kinds: always there, to be chosen, and coming along with what is there. */
export function askable(features: readonly Feature[]): Asked[] {
  const basis = new Set(features.filter(({ name }) => ALWAYS.includes(name)).flatMap(({ scopes }) => scopes));
  return features.map((feature) => ({
    ...feature,
    isFixed: ALWAYS.includes(feature.name) || feature.scopes.every((scope) => basis.has(scope)),
  }));
}

/** What is ticked at first: everything about the account's own posts, and what is wanted besides. */
export function firstChoice(features: readonly Feature[], wants: readonly string[] = []): string[] {
  return askable(features)
    .filter(({ name, isFixed }) => isFixed || wants.includes(name) || !ON_WISH.includes(name))
    .map(({ name }) => name);
}
