import { expect, test } from 'vitest';
import type { PublicationBody, Telling } from '@/api/schema';
import { attemptsOf, evidenceOf, proofOf, saidByPlatform, stepsOf, together } from './story';

const publication = { id: 'pub_1', channel: 'chn_x', parts: 2 } as PublicationBody;
const tell = (minute: number, act: string, more: Partial<Telling> = {}): Telling => ({
  at: new Date(Date.parse('2026-11-19T09:00:00Z') + minute * 60_000).toISOString(),
  act,
  actor: 'system:publishing',
  ...more,
});

test('a thread is listed part by part, and its last part as the published post', () => {
  const steps = stepsOf(publication, [
    tell(0, 'scheduled', { actor: 'person_1' }),
    tell(1, 'armed', { part: 0 }),
    tell(1, 'accepted', { part: 0, url: 'https://x.test/1', proof: 'the platform’s answer' }),
    tell(2, 'accepted', { part: 1 }),
  ]);
  expect(steps.map(({ act, to }) => [act, to])).toEqual([
    ['scheduled', undefined],
    ['part_live', '1'],
    ['published', undefined],
  ]);
});

test('what a move led to is read from what the journal says', () => {
  const [step] = stepsOf(publication, [tell(0, 'moved', { to: '2026-11-24T08:00:00Z' })]);
  expect(step?.to).toBe('2026-11-24T08:00:00Z');
});

test('the same step on several channels is listed once', () => {
  const other = { ...publication, channel: 'chn_y' };
  const steps = together([
    ...stepsOf(publication, [tell(0, 'scheduled'), tell(5, 'failed', { detail: 'Too long' })]),
    ...stepsOf(other, [tell(0, 'scheduled')]),
  ]);
  expect(steps.map(({ act, channels }) => [act, channels])).toEqual([
    ['scheduled', ['chn_x', 'chn_y']],
    ['failed', ['chn_x']],
  ]);
});

test('evidence names the last attempt and every look after it', () => {
  const story = [
    tell(0, 'armed', { part: 1 }),
    tell(0, 'in_doubt', { detail: 'the answer was lost' }),
    tell(3, 'looked_up', { detail: 'It is not to be seen yet' }),
    tell(6, 'looked_up', { detail: 'It is not to be seen yet' }),
    tell(33, 'armed', { part: 1 }),
    tell(36, 'looked_up'),
  ];
  expect(evidenceOf(story)).toEqual({
    part: 1,
    sentAt: '2026-11-19T09:33:00.000Z',
    lost: 'the answer was lost',
    looks: [
      {
        from: '2026-11-19T09:03:00.000Z',
        until: '2026-11-19T09:06:00.000Z',
        count: 2,
        found: 'It is not to be seen yet',
      },
      { from: '2026-11-19T09:36:00.000Z', until: '2026-11-19T09:36:00.000Z', count: 1, found: undefined },
    ],
    count: 3,
  });
  expect(attemptsOf(story)).toBe(2);
});

test('the proof stands at the end of what was accepted', () => {
  expect(proofOf([tell(0, 'accepted', { detail: 'Live at https://x.test/1.', proof: 'found by its id' })])).toBe(
    'found by its id',
  );
  expect(proofOf([tell(0, 'armed')])).toBeUndefined();
});

test('the platform’s own words are found in its last refusal, wherever it puts them, and nothing is made up', () => {
  const refused = (response: unknown, status = 403) =>
    [tell(0, 'failed', { exchanges: [{ status, response }] as unknown as Telling['exchanges'] })] as Telling[];
  for (const [answer, words] of [
    [{ title: 'Forbidden', detail: 'This text has a blocked phrase.', status: 403 }, 'This text has a blocked phrase.'],
    [{ errors: [{ code: 186, message: 'Your post is too long.' }] }, 'Your post is too long.'],
    [{ error: 'InvalidRequest', message: 'Record/text is blocked' }, 'Record/text is blocked'],
    [{ error: { message: 'Application request limit reached', code: 4 } }, 'Application request limit reached'],
    [{ error: 'invalid_grant', error_description: 'Token was revoked' }, 'Token was revoked'],
    ['Too many requests, slow down', 'Too many requests, slow down'],
    ['<html><body>Bad gateway today</body></html>', undefined],
    [{ error: 'Forbidden' }, undefined],
    [null, undefined],
  ] as const) {
    expect(saidByPlatform(refused(answer))).toBe(words);
  }
  expect(saidByPlatform(refused({ detail: 'All is well here' }, 200))).toBeUndefined();
  expect(saidByPlatform([tell(0, 'armed')])).toBeUndefined();
});
