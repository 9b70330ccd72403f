import { newKey } from '@/api/client';
import { Problem, problemOf } from '@/api/problem';
import { readerHeaders } from '@/api/reader';
import { workspaceHeader } from '@/api/workspace';
import { answered, unanswered } from '@/app/online';

interface Around {
  signal: AbortSignal;
  onProgress: (sentBytes: number) => void;
  headers?: Record<string, string>;
}

/** Sends bytes and says how far they are, which `fetch` cannot. The answer is its text; a refusal is a {@link Problem}. */
export function sendBytes(method: 'POST' | 'PATCH', path: string, body: Blob, around: Around): Promise<string> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    around.signal.addEventListener('abort', stop);
    request.upload.onprogress = ({ loaded }) => around.onProgress(loaded);
    request.onload = () => {
      answered();
      if (request.status < 300) return done(request.responseText);
      void problem(request).then(fail);
    };
    request.onerror = () => {
      unanswered();
      fail(new Problem({ type: '/problems/offline' }));
    };
    request.onabort = () => fail(new DOMException('stopped', 'AbortError'));
    request.onloadend = () => around.signal.removeEventListener('abort', stop);
    request.open(method, path);
    const headers = {
      'content-type': 'application/octet-stream',
      ...(method === 'POST' ? { 'idempotency-key': newKey() } : {}),
      ...readerHeaders(around.headers?.['fanfare-workspace']),
      ...workspaceHeader(),
      ...around.headers,
    };
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.send(body);
  });
}

function problem({ status, responseText }: XMLHttpRequest): Promise<Problem> {
  return problemOf(new Response(responseText, { status: Math.max(200, status) }));
}
