import { expect, it } from 'vitest';
import type { PostBody } from '@/api/schema';
import { addedTo, commonTime, joiningTime, standingOf } from './standing';

const HOME = 'Europe/Amsterdam';
const NOW = Date.parse('2030-01-01T09:00:00Z');

const goes = (channel: string, due_at: string, more: object = {}) => ({ channel, due_at, state: 'scheduled', ...more });
const post = (...publications: object[]) =>
  ({ variants: [{ channel: 'one' }, { channel: 'two' }], publications }) as unknown as PostBody;

it('the time of each channel is the one that was chosen, or the moment in the zone of the workspace', () => {
  const stored = post(
    goes('one', '2030-01-07T08:00:00Z', { local_time: '2030-01-07T09:00:00', zone: 'Europe/Paris' }),
    goes('two', '2030-01-08T08:00:00Z'),
    goes('two', '2030-01-02T08:00:00Z', { state: 'cancelled' }),
  );
  expect(standingOf(stored, HOME)).toMatchObject([
    { channel: 'one', local: '2030-01-07T09:00', zone: 'Europe/Paris', count: 1, isSeries: false },
    { channel: 'two', local: '2030-01-08T09:00', zone: HOME },
  ]);
  expect(commonTime(standingOf(stored, HOME))).toBeUndefined();
});

it('a channel that is added joins the others at their time', () => {
  const at = '2030-01-07T08:00:00Z';
  const stored = post(goes('one', at), goes('two', '2030-01-07T08:00:00.000Z'));
  expect(addedTo(stored, ['two', 'three'])).toEqual(['three']);
  expect(joiningTime(standingOf(stored, HOME), NOW)).toEqual({ local: '2030-01-07T09:00', zone: HOME });
});

it('it has to be asked for its time where the others have several, a past one, or a series', () => {
  const ask = (...publications: object[]) => joiningTime(standingOf(post(...publications), HOME), NOW);
  expect(ask(goes('one', '2030-01-07T08:00:00Z'), goes('two', '2030-01-07T09:00:00Z'))).toBeUndefined();
  expect(ask(goes('one', '2029-12-31T08:00:00Z', { state: 'missed' }))).toBeUndefined();
  expect(ask(goes('one', '2030-01-07T08:00:00Z', { series: 'series_1' }))).toBeUndefined();
  expect(ask()).toBeUndefined();
});

it('a series is shown as its next time and how many are left', () => {
  const stored = post(
    goes('one', '2030-01-14T08:00:00Z', { series: 's' }),
    goes('one', '2030-01-07T08:00:00Z', { series: 's' }),
  );
  expect(standingOf(stored, HOME)).toMatchObject([{ local: '2030-01-07T09:00', count: 2, isSeries: true }]);
});
