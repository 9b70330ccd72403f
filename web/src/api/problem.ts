import type { FieldError, ProblemBody } from './schema';

/** Who can do something about a problem; screens say it in words. */
export type Who = 'you' | 'owner' | 'operator' | 'platform' | 'nobody';

const OPERATOR = ['platform-not-set-up', 'stopped', 'internal', 'quota-full', 'cross-site', 'proxy-limit'];
const PLATFORM = ['platform-failed', 'fetch-failed'];
/** It is temporary: the only thing to do is try again. */
const NOBODY = ['unavailable', 'rate-limited', 'idempotency-key-in-use', 'offline', 'unreadable'];
const OWNER = ['forbidden', 'channel-elsewhere'];

/** More that some problems say, such as the issues of a refused post. */
type More = { issues?: unknown; permission?: string; [name: string]: unknown };

/** An error of the API (RFC 9457), or of the way there: `offline` without an answer, `unreadable` with a strange one. */
export class Problem extends Error implements ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly remedy: string;
  readonly request_id: string;
  readonly errors: FieldError[];
  readonly more: More;
  /** Seconds to wait before another try, if the server said so. */
  readonly retryAfter: number | undefined;

  constructor(body: Partial<ProblemBody> & Record<string, unknown>, retryAfter?: number) {
    super(body.detail ?? body.title ?? 'unknown problem');
    const { type, title, status, detail, remedy, request_id, errors, ...more } = body;
    this.name = 'Problem';
    this.type = type ?? '/problems/unreadable';
    this.title = title ?? '';
    this.status = status ?? 0;
    this.detail = detail ?? '';
    this.remedy = remedy ?? '';
    this.request_id = request_id ?? '';
    this.errors = errors ?? [];
    this.more = more;
    this.retryAfter = retryAfter;
  }

  /** The stable name of its kind, such as `too-late`; what code compares and messages translate. */
  get slug(): string {
    return this.type.slice(this.type.lastIndexOf('/') + 1);
  }

  get who(): Who {
    if (OPERATOR.includes(this.slug)) return 'operator';
    if (PLATFORM.includes(this.slug)) return 'platform';
    if (OWNER.includes(this.slug)) return 'owner';
    return NOBODY.includes(this.slug) ? 'nobody' : 'you';
  }

  /** The fields by name for a form's `validationErrors`: `/email` becomes `email`. */
  get fields(): Record<string, string> {
    return Object.fromEntries(this.errors.map((error) => [error.pointer.replace(/^\//, ''), error.detail]));
  }
}

/** The problem of an answer that is not one of success. */
export async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const wait = Number.isFinite(seconds) ? seconds : undefined;
  try {
    const body: unknown = await response.clone().json();
    if (body && typeof body === 'object' && 'type' in body) return new Problem(body as ProblemBody, wait);
  } catch {
    // Something between us and the server answered, with a page of its own.
  }
  return new Problem({ type: '/problems/unreadable', status: response.status, detail: `${response.status}` }, wait);
}

/** Whatever was thrown, as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ type: '/problems/broken', detail: error instanceof Error ? error.message : String(error) });
}
