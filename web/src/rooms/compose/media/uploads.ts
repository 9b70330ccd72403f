import { api, newKey } from '@/api/client';
import { asProblem, Problem } from '@/api/problem';
import type { MediaBody } from '@/api/schema';
import { workspaceHeader } from '@/api/workspace';
import { sendBytes } from './sending';

/** Files on their way to us: how far they are, and the ways to stop and to try again. */
export interface Upload {
  key: string;
  name: string;
  /** What the browser shows of it meanwhile; none for a file that is fetched from an address. */
  preview?: string;
  isVideo: boolean;
  /** 0 to 1; `undefined` where no one can say. */
  progress: number | undefined;
  problem?: Problem;
}

interface Job extends Upload {
  file?: File;
  address?: string;
  /** An upload in pieces that can go on after a break. */
  pieces?: string;
  stop: AbortController;
}

/** From here on a file goes in pieces, so that a break costs only the last one. */
const WHOLE_MAX = 8 << 20;
const PIECE = 4 << 20;
/** No smaller: what lets not even this pass is no limit on size. */
const PIECE_MIN = 64 << 10;
/** How long to wait before asking again whether a file is stored. */
const STORED_PAUSE_MS = 2_000;
/** How often to ask while nothing can be heard of it. */
const STORED_TRIES = 30;

/** What every request of an upload carries. */
interface Call {
  signal: AbortSignal;
  headers: Record<string, string>;
}

export class Uploads {
  private jobs: Job[] = [];
  private shown: Upload[] = [];
  private readonly listeners = new Set<() => void>();

  private readonly headers: Record<string, string>;

  /** Files go to this workspace, whichever is chosen by the time they are sent. */
  constructor(
    private readonly done: (key: string, asset: MediaBody) => void,
    workspace: string,
  ) {
    this.headers = workspaceHeader(workspace);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly all = (): Upload[] => this.shown;

  private tell(): void {
    this.shown = this.jobs.map(({ file: _, address: __, pieces: ___, stop: ____, ...upload }) => upload);
    this.listeners.forEach((listener) => listener());
  }

  private change(key: string, change: Partial<Job>): void {
    this.jobs = this.jobs.map((job) => (job.key === key ? { ...job, ...change } : job));
    this.tell();
  }

  /** Begins to send a file; the answer is the key by which the draft knows it until it has arrived. */
  add(file: File): string {
    const preview = file.type.startsWith('image/') ? { preview: URL.createObjectURL(file) } : {};
    return this.begin({ name: file.name, file, ...preview, isVideo: file.type.startsWith('video/') });
  }

  addFrom(address: string): string {
    return this.begin({ name: address, address, isVideo: false });
  }

  private begin(from: Pick<Job, 'name' | 'isVideo'> & Partial<Job>): string {
    const job: Job = { ...from, key: newKey(), progress: from.file ? 0 : undefined, stop: new AbortController() };
    this.jobs = [...this.jobs, job];
    void this.run(job.key);
    return job.key;
  }

  again(key: string): void {
    this.jobs = this.jobs.map((job) => {
      if (job.key !== key) return job;
      const { problem: _, ...rest } = job;
      return { ...rest, stop: new AbortController() };
    });
    void this.run(key);
  }

  cancel(key: string): void {
    const job = this.jobs.find((one) => one.key === key);
    job?.stop.abort();
    if (job?.pieces)
      void api
        .DELETE('/v1/uploads/{upload}', { params: { path: { upload: job.pieces } }, headers: this.headers })
        .catch(() => {});
    this.end(key);
  }

  close(): void {
    this.jobs.forEach(({ key }) => this.cancel(key));
  }

  private end(key: string): void {
    const preview = this.jobs.find((job) => job.key === key)?.preview;
    if (preview) URL.revokeObjectURL(preview);
    this.jobs = this.jobs.filter((job) => job.key !== key);
    this.tell();
  }

  private async run(key: string): Promise<void> {
    const job = this.jobs.find((one) => one.key === key);
    if (!job) return;
    this.tell();
    try {
      const asset = await this.send(job);
      if (job.stop.signal.aborted) return;
      this.done(key, asset);
      this.end(key);
    } catch (error) {
      if (!job.stop.signal.aborted) this.change(key, { problem: asProblem(error) });
    }
  }

  private async send(job: Job): Promise<MediaBody> {
    if (job.address) return fetched(job.address, this.call(job));
    if (!job.file) throw new Problem({ type: '/problems/unreadable' });
    if (job.pieces || job.file.size > WHOLE_MAX) return this.sendPieces(job, job.file);
    try {
      return await this.sendWhole(job, job.file);
    } catch (error) {
      if (!isProxyLimit(error)) throw error;
      return this.sendPieces(job, job.file);
    }
  }

  private call({ stop }: Job): Call {
    return { signal: stop.signal, headers: this.headers };
  }

  private async sendWhole(job: Job, file: File): Promise<MediaBody> {
    const answer = await sendBytes('POST', `/v1/media?name=${encodeURIComponent(file.name)}`, file, {
      ...this.call(job),
      onProgress: (sent) => this.change(job.key, { progress: sent / Math.max(1, file.size) }),
    });
    return JSON.parse(answer) as MediaBody;
  }

  private async sendPieces(job: Job, file: File): Promise<MediaBody> {
    const { key } = job;
    const call = this.call(job);
    let [upload, offset] = [job.pieces, 0];
    if (upload) offset = await received(upload, call);
    else {
      upload = await beginPieces(file, call);
      this.change(key, { pieces: upload });
    }
    let most = PIECE;
    while (offset < file.size) {
      const from = offset;
      const piece = file.slice(from, from + most);
      try {
        await sendBytes('PATCH', `/v1/uploads/${upload}`, piece, {
          signal: call.signal,
          headers: {
            ...call.headers,
            'upload-offset': String(from),
            'content-type': 'application/offset+octet-stream',
          },
          onProgress: (sent) => this.change(key, { progress: (from + sent) / file.size }),
        });
        offset = from + piece.size;
      } catch (error) {
        if (!isProxyLimit(error)) throw error;
        if (most <= PIECE_MIN) throw new Problem({ type: '/problems/proxy-limit', status: 413 });
        most = Math.max(PIECE_MIN, Math.floor(Math.min(most, piece.size) / 2));
      }
    }
    return finished(upload, call);
  }
}

/** Something between the browser and Fanfare lets no request of this size pass; Fanfare itself would say why. */
function isProxyLimit(error: unknown): boolean {
  return error instanceof Problem && error.status === 413 && error.slug === 'unreadable';
}

/**
 * Waits until the file is stored, however long that takes: asking again while another request still works on it gives the
 * same file in the end.
 */
async function finished(upload: string, { signal, headers }: Call): Promise<MediaBody> {
  const path = { upload };
  for (let unheard = 0; ; ) {
    try {
      const { data } = await api.POST('/v1/uploads/{upload}/finish', { params: { path }, signal, headers });
      return whole(data);
    } catch (error) {
      if (!(error instanceof Problem) || signal.aborted) throw error;
      const works = error.slug === 'conflict';
      const passes = error.slug === 'unreadable' || error.slug === 'offline' || error.slug === 'unavailable';
      if (!works && (!passes || unheard >= STORED_TRIES)) throw error;
      unheard = works ? 0 : unheard + 1;
    }
    await new Promise((done) => setTimeout(done, STORED_PAUSE_MS));
    signal.throwIfAborted();
  }
}

function whole<T>(data: T | undefined): T {
  if (data === undefined) throw new Problem({ type: '/problems/unreadable' });
  return data;
}

async function beginPieces(file: File, call: Call): Promise<string> {
  const { data } = await api.POST('/v1/uploads', { body: { name: file.name, size_bytes: file.size }, ...call });
  return whole(data).id;
}

/** How much of it is there already, after a break. */
async function received(upload: string, call: Call): Promise<number> {
  const { data } = await api.GET('/v1/uploads/{upload}', { params: { path: { upload } }, ...call });
  return whole(data).received_bytes;
}

async function fetched(url: string, call: Call): Promise<MediaBody> {
  const { data } = await api.POST('/v1/media/from-url', { body: { url }, ...call });
  return whole(data);
}
