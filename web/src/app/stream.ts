import type { EventBody } from '@/api/schema';
import { answered, unanswered } from './online';

/**
 * Server-sent events over `fetch`: unlike `EventSource` it can send the workspace, and after any break it continues after
 * the last number received.
 */
type State = 'closed' | 'connecting' | 'live';

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 20_000;
/** The server sends something at least every 20 seconds; after twice that the connection counts as dead. */
const SILENCE_MS = 45_000;
/** How long a hidden tab keeps its connection. */
const HIDDEN_MS = 60_000;

export class EventStream {
  state: State = 'closed';
  private last: string | undefined;
  private running: AbortController | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly path: string,
    private readonly headers: () => Record<string, string>,
    private readonly receive: (event: EventBody) => void,
    /** Called when a connection starts without a number to continue from: earlier events may have been missed. */
    private readonly missed: () => void,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Starts with events from now on. */
  open(): void {
    this.close();
    this.last = undefined;
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  close(): void {
    this.running?.abort();
    this.running = undefined;
    this.become('closed');
  }

  private become(state: State): void {
    if (this.state === state) return;
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }

  private async run(ended: AbortSignal): Promise<void> {
    let pause = PAUSE_MS;
    while (!ended.aborted) {
      await visible(ended);
      this.become('connecting');
      const before = this.last;
      try {
        if (!(await this.connect(ended))) break;
      } catch {
        // The connection broke; it is retried below.
      }
      if (ended.aborted) return;
      this.become('connecting');
      pause = this.last === before ? Math.min(pause * 2, PAUSE_MAX_MS) : PAUSE_MS;
      await rest(pause, ended);
    }
    if (!ended.aborted) this.become('closed');
  }

  /** Reads one connection to its end. False: the server refuses, and retrying would not help. */
  private async connect(ended: AbortSignal): Promise<boolean> {
    const line = new AbortController();
    const stop = () => line.abort();
    ended.addEventListener('abort', stop);
    const release = whenHidden(stop);
    try {
      const headers = { ...this.headers(), ...(this.last ? { 'last-event-id': this.last } : {}) };
      const response = await fetch(this.path, { headers, signal: line.signal, cache: 'no-store' }).catch((error) => {
        if (!line.signal.aborted) unanswered();
        throw error;
      });
      answered();
      if ([401, 403, 404].includes(response.status)) return false;
      // The server no longer has the events after our number: start with events from now on.
      if (response.status === 410) this.last = undefined;
      if (!response.ok || !response.body) return true;
      this.become('live');
      if (!this.last) this.missed();
      await this.read(response.body, stop);
      return true;
    } finally {
      release();
      ended.removeEventListener('abort', stop);
    }
  }

  private async read(body: ReadableStream<Uint8Array>, stop: () => void): Promise<void> {
    const reader = body
      .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
      .getReader();
    let rest = '';
    let silence = setTimeout(stop, SILENCE_MS);
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(stop, SILENCE_MS);
        const blocks = (rest + value).replaceAll('\r\n', '\n').split('\n\n');
        rest = blocks.pop() ?? '';
        blocks.forEach((block) => this.take(block));
      }
    } finally {
      clearTimeout(silence);
    }
  }

  private take(block: string): void {
    const { id, data } = parse(block);
    if (id) this.last = id;
    if (!data) return;
    try {
      this.receive(JSON.parse(data) as EventBody);
    } catch {
      // Not an event of ours. The next query shows the current state anyway.
    }
  }
}

/** The fields of one event (HTML Standard, 9.2.6). Comments, such as the server's sign of life, have none. */
export function parse(block: string): { id: string | undefined; data: string } {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    const [name, value] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
    if (name === 'id') id = value;
    if (name === 'data') data.push(value);
  }
  return { id, data: data.join('\n') };
}

function rest(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      ended.removeEventListener('abort', finish);
      globalThis.removeEventListener('online', finish);
      done();
    }
    ended.addEventListener('abort', finish);
    globalThis.addEventListener('online', finish);
  });
}

function visible(ended: AbortSignal): Promise<void> {
  if (document.visibilityState === 'visible') return Promise.resolve();
  return new Promise((done) => {
    const look = () => {
      if (document.visibilityState !== 'visible' && !ended.aborted) return;
      document.removeEventListener('visibilitychange', look);
      ended.removeEventListener('abort', look);
      done();
    };
    document.addEventListener('visibilitychange', look);
    ended.addEventListener('abort', look);
  });
}

/** Calls back when the tab has been hidden for a while. */
function whenHidden(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = setTimeout(act, HIDDEN_MS);
  };
  document.addEventListener('visibilitychange', look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
