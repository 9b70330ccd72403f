import type { PostBody, Schedule } from '@/api/schema';
import { localOf } from './times';

/** When a stored post is published on one channel. */
export interface Standing {
  channel: string;
  /** The next time there; what was missed is in the past. */
  at: string;
  local: string;
  zone: string;
  /** How many times it is published there; more than one for a series. */
  count: number;
  isSeries: boolean;
}

const OPEN = ['scheduled', 'parked', 'missed'];

/** Its times, in the order of its channels; where nothing is to be published there is none. */
export function standingOf(post: PostBody | undefined, home: string): Standing[] {
  return (post?.variants ?? []).flatMap(({ channel }) => {
    const open = (post?.publications ?? [])
      .filter((one) => one.channel === channel && OPEN.includes(one.state))
      .sort((one, other) => Date.parse(one.due_at) - Date.parse(other.due_at));
    const [next] = open;
    if (!next) return [];
    const zone = next.zone ?? home;
    const local = next.local_time?.slice(0, 16) ?? localOf(new Date(next.due_at), zone);
    return [{ channel, at: next.due_at, local, zone, count: open.length, isSeries: next.series != null }];
  });
}

/** The one time that all channels share; none if they differ, or if there is none. */
export function commonTime(standing: Standing[]): Standing | undefined {
  const [first] = standing;
  return first && standing.every(({ at }) => Date.parse(at) === Date.parse(first.at)) ? first : undefined;
}

/** Channels that the page adds to a stored post; they have no time yet. */
export function addedTo(post: PostBody | undefined, channels: string[]): string[] {
  return channels.filter((id) => !post?.variants.some(({ channel }) => channel === id));
}

/** What channels that are added get by themselves: the time of all others, if that is one and still to come. */
export function joiningTime(standing: Standing[], now: number): Schedule | undefined {
  const common = commonTime(standing);
  if (!common || common.isSeries || Date.parse(common.at) <= now) return undefined;
  return { local: common.local, zone: common.zone };
}
