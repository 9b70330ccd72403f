import { asProblem, type Problem } from '@/api/problem';
import type { PostBody, Schedule } from '@/api/schema';
import { type Body, bodyOf, type Draft, draftOf, emptyDraft, printOf, printOfBody } from '../model/draft';

/** The doors to the server that saving needs. */
export interface Store {
  create: (body: Body, key: string) => Promise<PostBody>;
  /** `gone` are channels that it does not go to any more. */
  change: (id: string, revision: number, body: Body, gone: string[]) => Promise<PostBody>;
  read: (id: string) => Promise<PostBody>;
  newKey: () => string;
}

export type SaveState =
  | { kind: 'clean' }
  | { kind: 'saved'; at: number }
  /** Changed; not yet on its way. `isHeld`: it goes only when someone presses the button. */
  | { kind: 'changed'; isHeld: boolean }
  /** Nothing that could be stored: someone would say nothing. */
  | { kind: 'unstorable' }
  | { kind: 'saving' }
  | { kind: 'offline' }
  | { kind: 'failed'; problem: Problem }
  | { kind: 'conflict'; theirs: PostBody };

const PAUSE_MS = 800;
const AGAIN_MS = 5_000;

/** Times by channel. */
export type Times = ReadonlyMap<string, Schedule>;

interface Stored {
  id: string;
  revision: number;
  channels: string[];
}

/**
 * Stores a draft as it is written: made with its first words, changed at the revision that was read. Whatever was typed
 * last is stored last, one request at a time. When someone else changed the post meanwhile, nothing is overwritten:
 * the state says so and a person decides.
 */
export class Saver {
  state: SaveState = { kind: 'clean' };
  stored: Stored | undefined;
  /** The post as the server had it last, with its times. */
  post: PostBody | undefined;
  /** Times that channels get with what is stored next. */
  private times: Times = new Map();
  private print: string;
  private draft: Draft;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  /** Someone waits for everything to be stored: what is typed meanwhile goes without a pause. */
  private isHurried = false;
  /** A creation that had no answer is asked for again with its key, so that it is made once. */
  private creation: { key: string; body: Body; print: string } | undefined;

  constructor(
    private readonly store: Store,
    draft: Draft,
    post: PostBody | undefined,
    /** Whether it is saved automatically; a scheduled post is saved on request. */
    private readonly isByItself: boolean,
    private readonly tell: () => void,
  ) {
    this.draft = draft;
    this.post = post;
    this.stored = post && {
      id: post.id,
      revision: post.revision,
      channels: post.variants.map(({ channel }) => channel),
    };
    // A new post is unchanged as long as no one has said anything, whichever channels it begins with.
    this.print = printOf(post ? draftOf(post) : emptyDraft(draft.targets.map(({ channel }) => channel)));
  }

  private become(state: SaveState): void {
    const before = this.state;
    this.state = state;
    // Most keys change nothing about it, and the page was drawn for the letter already.
    const isSame =
      state.kind === 'changed'
        ? before.kind === 'changed' && before.isHeld === state.isHeld
        : state.kind === 'unstorable' && before.kind === state.kind;
    if (!isSame) this.tell();
  }

  get isChanged(): boolean {
    return printOf(this.draft) !== this.print;
  }

  /** Takes what was written; stores it after a pause. */
  take(draft: Draft): void {
    this.draft = draft;
    if (this.state.kind === 'conflict' || this.running) return;
    clearTimeout(this.timer);
    const next = this.next();
    this.become(next);
    if (next.kind === 'changed' && this.isByItself) this.wait(PAUSE_MS);
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), ms);
  }

  private next(): SaveState {
    if (!this.isChanged) return this.stored ? { kind: 'saved', at: Date.now() } : { kind: 'clean' };
    return bodyOf(this.draft) ? { kind: 'changed', isHeld: !this.isByItself } : { kind: 'unstorable' };
  }

  /** Stores what there is now, with new times if any. True when everything is stored. */
  async flush(times: Times = new Map()): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.state.kind === 'conflict') return false;
    // What is on its way has no times; they go with the next request.
    if (times.size > 0) {
      await this.running;
      this.times = times;
    }
    this.isHurried = true;
    await this.begin();
    this.isHurried = false;
    const isStored = Boolean(this.stored) && !this.isChanged && this.times.size === 0;
    // Without a connection they are asked for again; whatever was refused is not.
    if (this.state.kind !== 'offline') this.times = new Map();
    return isStored;
  }

  /** The connection is back: stores what could not be stored. */
  resume(): void {
    if (this.state.kind === 'offline') void this.flush();
  }

  private begin(): Promise<void> {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** It is deleted: nothing of it is stored any more. */
  abandon(): void {
    this.close();
    this.print = printOf(this.draft);
    this.stored = undefined;
    this.post = undefined;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    while (this.isChanged || !this.stored || this.times.size > 0) {
      const body = bodyOf(this.draft);
      if (!body) {
        this.become({ kind: 'unstorable' });
        return;
      }
      this.become({ kind: 'saving' });
      try {
        await this.put(body, printOf(this.draft));
      } catch (error) {
        this.fail(asProblem(error));
        return;
      }
      if (this.state.kind === 'conflict') return;
      if (this.isChanged && !this.isHurried && this.isByItself) {
        this.wait(PAUSE_MS);
        return;
      }
    }
    this.become({ kind: 'saved', at: Date.now() });
  }

  private fail(problem: Problem): void {
    const isOffline = problem.slug === 'offline';
    this.become(isOffline ? { kind: 'offline' } : { kind: 'failed', problem });
    if (isOffline) this.wait(AGAIN_MS);
  }

  private async put(body: Body, print: string): Promise<void> {
    if (!this.stored) return this.create(body, print);
    await this.change(this.stored, body, print);
  }

  private async create(body: Body, print: string): Promise<void> {
    this.creation ??= { key: this.store.newKey(), body, print };
    const { key, body: first, print: firstPrint } = this.creation;
    try {
      this.adopt(await this.store.create(first, key), firstPrint);
    } catch (error) {
      if (asProblem(error).slug !== 'offline') this.creation = undefined;
      throw error;
    }
    this.creation = undefined;
  }

  private async change(stored: Stored, body: Body, print: string): Promise<void> {
    const kept = new Set(body.channels.map(({ channel }) => channel));
    const gone = stored.channels.filter((channel) => !kept.has(channel));
    const { times } = this;
    try {
      this.adopt(await this.store.change(stored.id, stored.revision, timed(body, times), gone), print);
      if (this.times === times) this.times = new Map();
    } catch (error) {
      const { slug } = asProblem(error);
      // Someone deleted it. What is written here is not lost with it.
      if (slug === 'not-found') return this.create(body, print);
      if (slug !== 'stale-revision') throw error;
      await this.compare(stored.id, body, print);
    }
  }

  /** Our own change whose answer was lost is no conflict, nor is someone's who wrote the same, nor is another time. */
  private async compare(id: string, body: Body, print: string): Promise<void> {
    const theirs = await this.store.read(id);
    const there = printOf(draftOf(theirs));
    if (there === printOfBody(body)) this.adopt(theirs, print);
    else if (there === this.print) this.adopt(theirs, there);
    else this.become({ kind: 'conflict', theirs });
  }

  private adopt(post: PostBody, print: string): void {
    this.post = post;
    this.stored = { id: post.id, revision: post.revision, channels: post.variants.map(({ channel }) => channel) };
    this.print = print;
  }

  /** It has another time now; what it says is what was stored. */
  retimed(post: PostBody): void {
    if (this.stored?.id !== post.id) return;
    this.stored = { ...this.stored, revision: post.revision };
    this.post = post;
    this.tell();
  }

  /** A newer one from elsewhere: taken if nothing was typed here, else left for the next saving to find. */
  meet(theirs: PostBody): Draft | undefined {
    if (!this.stored || theirs.id !== this.stored.id || theirs.revision <= this.stored.revision) return undefined;
    if (this.isChanged || this.running) return undefined;
    return this.yield(theirs);
  }

  /** The person decided for what is stored. */
  yield(theirs: PostBody): Draft {
    const draft = draftOf(theirs);
    this.draft = draft;
    this.adopt(theirs, printOf(draft));
    this.become({ kind: 'saved', at: Date.now() });
    return draft;
  }

  /** The person decided for what they wrote. */
  async insist(theirs: PostBody): Promise<void> {
    this.adopt(theirs, printOf(draftOf(theirs)));
    this.become({ kind: 'changed', isHeld: false });
    await this.flush();
  }

  /** The person keeps both: what they wrote becomes a draft of its own. */
  async part(): Promise<void> {
    this.stored = undefined;
    this.print = '';
    this.become({ kind: 'changed', isHeld: false });
    await this.flush();
  }
}

/** The same with the times that channels are to get. */
function timed(body: Body, times: Times): Body {
  const channels = body.channels.map((target) => {
    const schedule = times.get(target.channel);
    return schedule ? { ...target, schedule } : target;
  });
  return { ...body, channels };
}
