import { expect, test } from 'vitest';
import type { ChannelBody } from '@/api/schema';
import { reconnectGroups } from './groups';

const channel = (id: string, connected_by: string, state = 'needs_reconnect', platform = 'pages') =>
  ({ id, connected_by, state, platform }) as ChannelBody;

test('channels of one account share one button to reconnect, and a channel of its own keeps its own', () => {
  const groups = reconnectGroups([
    channel('a', 'ann'),
    channel('b', 'ann'),
    channel('c', 'ann', 'active'),
    channel('d', 'ben'),
    channel('e', 'ann', 'needs_reconnect', 'other'),
  ]);
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([['a', 'b']]);
});
