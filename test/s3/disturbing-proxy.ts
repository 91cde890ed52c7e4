import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Proxy {
  readonly endpoint: string;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
}

/** What happens to a request: `pass`, an answer of its own, a body that breaks after so many bytes, or a wait. */
export type Disturbance =
  | 'pass'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly cutAfter: number }
  | { readonly waitMs: number }
  | { readonly until: Promise<unknown> };

/** Stands between a client and the real S3 server, for one test, and disturbs requests by their number from 0. */
export async function disturb(target: string, disturbance: (index: number) => Disturbance): Promise<Proxy> {
  const requests: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((asked, answer) => {
    const what = disturbance(requests.length);
    requests.push({ method: asked.method ?? '', path: asked.url ?? '', headers: asked.headers });
    if (what === 'pass' || 'cutAfter' in what) pass(asked, answer, target, what === 'pass' ? null : what.cutAfter);
    else if ('until' in what) what.until.then(() => pass(asked, answer, target, null));
    else if ('waitMs' in what) setTimeout(() => pass(asked, answer, target, null), what.waitMs);
    else answer.writeHead(what.status, what.headers).end(what.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** The signature covers the host that the client named: the proxy passes it on. */
function pass(asked: IncomingMessage, answer: ServerResponse, target: string, cutAfter: number | null): void {
  const onward = request(
    new URL(asked.url ?? '', target),
    { method: asked.method, headers: asked.headers },
    (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      if (cutAfter === null) return void found.pipe(answer);
      let sent = 0;
      found.on('data', (chunk: Buffer) => {
        const rest = chunk.subarray(0, cutAfter - sent);
        sent += rest.length;
        answer.write(rest, () => sent >= cutAfter && answer.destroy());
      });
    },
  );
  // A request that is late, or that its client has given up, may find no server any more.
  onward.on('error', () => answer.destroy());
  asked.pipe(onward);
}
