import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '@/api/problem';
import type { PostBody } from '@/api/schema';
import { type Body, changeParts, chooseChannels, type Draft, draftOf, emptyDraft } from '../model/draft';
import { emptyPart } from '../model/parts';
import { Saver, type Store } from './saver';

const write = (draft: Draft, text: string) => changeParts(draft, undefined, () => [{ ...emptyPart(), text }]);
const empty = emptyDraft(['one']);

function post(id: string, revision: number, body: Body): PostBody {
  const variants = body.channels.map(({ channel, parts, options }) => ({
    id: channel,
    channel,
    own: Boolean(parts),
    parts: parts ?? body.parts,
    options: options ?? {},
  }));
  return { id, revision, parts: body.parts, variants, publications: [], state: 'draft' } as unknown as PostBody;
}

/** A server with posts, which may be out of reach. */
function server() {
  const posts = new Map<string, PostBody>();
  const made = new Map<string, PostBody>();
  const calls: string[] = [];
  let [isOut, losesAnswer, keys] = [false, false, 0];
  function answer(said: PostBody): PostBody {
    if (losesAnswer) {
      losesAnswer = false;
      throw new Problem({ type: '/problems/offline' });
    }
    return said;
  }
  function reach(call: string) {
    if (isOut) throw new Problem({ type: '/problems/offline' });
    calls.push(call);
  }
  const store: Store = {
    newKey: () => `key${keys++}`,
    create: async (body, key) => {
      reach(`create ${key}`);
      const known = made.get(key) ?? post(`post${made.size + 1}`, 1, body);
      made.set(key, known);
      if (!posts.has(known.id)) posts.set(known.id, known);
      return answer(known);
    },
    change: async (id, revision, body, gone) => {
      reach([`change ${id} r${revision}`, ...gone].join(' without '));
      const now = posts.get(id);
      if (!now) throw new Problem({ type: '/problems/not-found', status: 404 });
      if (now.revision !== revision) throw new Problem({ type: '/problems/stale-revision', status: 412 });
      const next = post(id, revision + 1, body);
      posts.set(id, next);
      return answer(next);
    },
    read: async (id) => posts.get(id) as PostBody,
  };
  const texts = () => [...posts.values()].map(({ parts }) => parts[0]?.text);
  return {
    store,
    posts,
    calls,
    texts,
    goOut: (out: boolean) => {
      isOut = out;
    },
    loseAnswer: () => {
      losesAnswer = true;
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a draft', () => {
  it('is made with its first words and changed with the next', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'Hel'));
    saver.take(write(empty, 'Hello'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saver.state.kind).toBe('saved');
    saver.take(write(empty, 'Hello you'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(there.calls).toEqual(['create key0', 'change post1 r1']);
    expect(there.texts()).toEqual(['Hello you']);
  });

  it('is not created before something is typed', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(changeParts(write(empty, 'x'), 'one', () => [emptyPart()]));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saver.state.kind).toBe('unstorable');
    expect(there.calls).toEqual([]);
  });

  it('what was typed while it was on its way is stored after it', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    const done = saver.flush();
    saver.take(write(empty, 'ab'));
    expect(await done).toBe(true);
    expect(there.texts()).toEqual(['ab']);
  });

  it('is not stored at every letter while typing continues', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    let text = '';
    for (const letter of 'The first ferry is in, and so is the fog.') {
      text += letter;
      saver.take(write(empty, text));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(2_000);
    expect(there.texts()).toEqual([text]);
    expect(there.calls.length).toBeLessThan(3);
  });

  it('stays the same post when its channels change', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await saver.flush();
    saver.take(chooseChannels(write(empty, 'a'), ['one', 'two']));
    await saver.flush();
    expect(saver.stored).toMatchObject({ id: 'post1', channels: ['one', 'two'] });
    saver.take(chooseChannels(write(empty, 'a'), ['two']));
    await saver.flush();
    expect(there.calls).toEqual(['create key0', 'change post1 r1', 'change post1 r2 without one']);
    expect(saver.stored).toMatchObject({ id: 'post1', channels: ['two'] });
  });

  it('is stored after its times changed elsewhere, without a question', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await saver.flush();
    const [stored] = there.posts.values();
    if (stored) there.posts.set(stored.id, { ...stored, revision: 5 });
    saver.take(write(empty, 'ab'));
    expect(await saver.flush()).toBe(true);
    expect(there.texts()).toEqual(['ab']);
  });
});

describe('without a connection', () => {
  it('the state says so, and it is stored when the connection is back', async () => {
    const there = server();
    there.goOut(true);
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saver.state.kind).toBe('offline');
    there.goOut(false);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(saver.state.kind).toBe('saved');
    expect(there.texts()).toEqual(['a']);
  });

  it('a lost answer makes no second post', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    there.loseAnswer();
    await saver.flush();
    saver.take(write(empty, 'ab'));
    expect(await saver.flush()).toBe(true);
    expect(there.calls).toEqual(['create key0', 'create key0', 'change post1 r1']);
    expect(there.texts()).toEqual(['ab']);
  });

  it('a change whose answer was lost is no conflict with ourselves', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await saver.flush();
    there.loseAnswer();
    saver.take(write(empty, 'ab'));
    await saver.flush();
    expect(await saver.flush()).toBe(true);
    expect(saver.stored?.revision).toBe(2);
  });
});

describe('when someone else changed it', () => {
  async function conflict() {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await saver.flush();
    there.posts.set('post1', post('post1', 7, { parts: [{ text: 'theirs' }], channels: [{ channel: 'one' }] }));
    saver.take(write(empty, 'mine'));
    expect(await saver.flush()).toBe(false);
    if (saver.state.kind !== 'conflict') throw new Error(saver.state.kind);
    return { there, saver, theirs: saver.state.theirs };
  }

  it('nothing is overwritten until a person decides', async () => {
    const { there, saver } = await conflict();
    saver.take(write(empty, 'mine, still'));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(there.texts()).toEqual(['theirs']);
  });

  it('mine can win', async () => {
    const { there, saver, theirs } = await conflict();
    await saver.insist(theirs);
    expect(there.texts()).toEqual(['mine']);
    expect(saver.stored?.revision).toBe(8);
  });

  it('theirs can win', async () => {
    const { there, saver, theirs } = await conflict();
    expect(saver.yield(theirs).parts[0]?.text).toBe('theirs');
    expect(await saver.flush()).toBe(true);
    expect(there.texts()).toEqual(['theirs']);
  });

  it('both can stay', async () => {
    const { there, saver } = await conflict();
    await saver.part();
    expect(there.texts()).toEqual(['theirs', 'mine']);
  });

  it('it is taken over at once where nothing was typed', async () => {
    const there = server();
    const saver = new Saver(there.store, empty, undefined, true, () => {});
    saver.take(write(empty, 'a'));
    await saver.flush();
    const theirs = post('post1', 2, { parts: [{ text: 'b' }], channels: [{ channel: 'one' }] });
    expect(saver.meet(theirs)?.parts[0]?.text).toBe('b');
    saver.take(write(empty, 'c'));
    expect(saver.meet({ ...theirs, revision: 3 })).toBeUndefined();
  });
});

it('a draft that someone else deleted is created again when writing continues', async () => {
  const there = server();
  const saver = new Saver(there.store, empty, undefined, true, () => {});
  saver.take(write(empty, 'a'));
  await saver.flush();
  there.posts.clear();
  saver.take(write(empty, 'ab'));
  expect(await saver.flush()).toBe(true);
  expect(there.texts()).toEqual(['ab']);
});

it('what was deleted here stays deleted', async () => {
  const there = server();
  const saver = new Saver(there.store, empty, undefined, true, () => {});
  saver.take(write(empty, 'a'));
  await saver.flush();
  saver.take(write(empty, 'ab'));
  saver.abandon();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(saver.isChanged).toBe(false);
  expect(there.calls).toEqual(['create key0']);
});

it('a scheduled post is stored only on request', async () => {
  const there = server();
  const whole = post('post1', 3, { parts: [{ text: 'a' }], channels: [{ channel: 'one', options: {} }] });
  there.posts.set('post1', whole);
  const saver = new Saver(there.store, empty, whole, false, () => {});
  saver.take(write(empty, 'b'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(saver.state).toEqual({ kind: 'changed', isHeld: true });
  expect(await saver.flush()).toBe(true);
  expect(there.texts()).toEqual(['b']);
});

describe('the times of a scheduled post', () => {
  const AT = { local: '2030-01-07T09:00', zone: 'Europe/Amsterdam' };
  function scheduled() {
    const there = server();
    const sent: Body[] = [];
    const { change } = there.store;
    there.store.change = (id, revision, body, gone) => {
      sent.push(body);
      return change(id, revision, body, gone);
    };
    const whole = post('post1', 3, { parts: [{ text: 'a' }], channels: [{ channel: 'one', options: {} }] });
    there.posts.set('post1', whole);
    const times = () => sent.map(({ channels }) => channels.map(({ schedule }) => schedule));
    return { there, times, saver: new Saver(there.store, draftOf(whole), whole, false, () => {}) };
  }

  it('are stored with its text and channels in one request', async () => {
    const { saver, times, there } = scheduled();
    saver.take(chooseChannels(write(empty, 'b'), ['one', 'two']));
    expect(await saver.flush(new Map([['two', AT]]))).toBe(true);
    expect(times()).toEqual([[undefined, AT]]);
    expect(there.calls).toHaveLength(1);
    expect(saver.post?.revision).toBe(4);
  });

  it('are stored when nothing else was changed, and only once', async () => {
    const { saver, times } = scheduled();
    expect(await saver.flush(new Map([['one', AT]]))).toBe(true);
    expect(await saver.flush()).toBe(true);
    expect(times()).toEqual([[AT]]);
  });

  it('are set after all when the post was given other times meanwhile', async () => {
    const { saver, times, there } = scheduled();
    const [now] = there.posts.values();
    if (now) there.posts.set('post1', { ...now, revision: 9 });
    expect(await saver.flush(new Map([['one', AT]]))).toBe(true);
    expect(times()).toEqual([[AT], [AT]]);
    expect(saver.stored?.revision).toBe(10);
  });

  it('are not kept for later when the server refuses them', async () => {
    const { saver, times, there } = scheduled();
    const { change } = there.store;
    there.store.change = () => Promise.reject(new Problem({ type: '/problems/post-refused', status: 422 }));
    expect(await saver.flush(new Map([['one', AT]]))).toBe(false);
    expect(saver.state.kind).toBe('failed');
    there.store.change = change;
    saver.take(write(empty, 'b'));
    expect(await saver.flush()).toBe(true);
    expect(times()).toEqual([[undefined]]);
  });

  it('are set once the connection is back, with the text as it was then', async () => {
    const { saver, times, there } = scheduled();
    there.goOut(true);
    saver.take(write(empty, 'b'));
    expect(await saver.flush(new Map([['one', AT]]))).toBe(false);
    expect(saver.state.kind).toBe('offline');
    there.goOut(false);
    saver.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect(saver.state.kind).toBe('saved');
    expect([times().at(-1), there.texts()]).toEqual([[AT], ['b']]);
  });

  it('wait for a press again once writing continues offline', async () => {
    const { saver, there } = scheduled();
    there.goOut(true);
    saver.take(write(empty, 'b'));
    await saver.flush();
    saver.take(write(empty, 'b and half a sen'));
    there.goOut(false);
    saver.resume();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(there.texts()).toEqual(['a']);
  });
});
