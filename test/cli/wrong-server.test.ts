import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../src/datasource/free-port.ts';
import { millrace } from './millrace.ts';

const token = 'mlr_a-secret-that-nobody-may-see';
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Not a Millrace server. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function list(url: string) {
  const { code, stdout, stderr } = await millrace(['list'], { MILLRACE_URL: url, MILLRACE_TOKEN: token });
  expect(stdout + stderr).not.toContain(token);
  return { code, stdout, stderr: stderr.replaceAll(url, 'URL') };
}

it('a server that does not answer is reported', async () => {
  const port = await freePort('127.0.0.1');
  expect(await list(`http://127.0.0.1:${port}`)).toEqual({
    code: 3,
    stdout: '',
    stderr: `error[SERVER_UNREACHABLE]: the server at URL does not answer: connect ECONNREFUSED 127.0.0.1:${port}
  start it with millrace serve, or correct MILLRACE_URL
`,
  });
});

it.each([
  [
    'answers with a page',
    (_, response) => response.setHeader('content-type', 'text/html').end('<h1>It works!</h1>'),
    'error[SERVER_INVALID]: URL is not a Millrace server\n  correct MILLRACE_URL; the /healthz of a server returns {"status":"ok"}\n',
  ],
  [
    'knows no such page',
    (_, response) => response.writeHead(404).end('not found'),
    'error[SERVER_INVALID]: URL is not a Millrace server\n  correct MILLRACE_URL; the /healthz of a server returns {"status":"ok"}\n',
  ],
  [
    'sends on',
    (_, response) => response.writeHead(301, { location: 'https://elsewhere.example/x' }).end(),
    'error[SERVER_INVALID]: the server at URL redirects to https://elsewhere.example\n  set MILLRACE_URL to the address of the server itself\n',
  ],
  [
    'is a proxy without a server behind it',
    (_, response) => response.writeHead(502).end('bad gateway'),
    'error[SERVER_UNREACHABLE]: the server at URL returned HTTP 502\n  try again; if it fails again, check its log or that of the proxy in front of it\n',
  ],
] satisfies [string, RequestListener, string][])('a server that %s is reported', async (_, listener, stderr) => {
  expect(await list(await serve(listener))).toEqual({ code: 3, stdout: '', stderr });
});

it.each(['localhost:8080', 'ftp://host', 'http://user:mlr_a-secret-that-nobody-may-see@host', 'nonsense'])(
  'the URL %s is none',
  async (url) => {
    expect(await list(url)).toEqual({
      code: 3,
      stdout: '',
      stderr: `error[SERVER_INVALID]: MILLRACE_URL is not a valid server URL
  write http://host:port or https://host; a token belongs in MILLRACE_TOKEN
`,
    });
  },
);

it('a request that did not reach the server is repeated with the same key', async () => {
  const keys: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    keys.push(request.headers['idempotency-key'] as string);
    if (keys.length < 3) request.socket.destroy();
    else response.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"the-id"}');
  });
  expect(await millrace(['submit', 'SELECT 1'], { MILLRACE_URL: url })).toEqual({
    code: 0,
    stdout: 'the-id\n',
    stderr: '',
  });
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

it('a server that is too busy is asked a few more times, then reported with a separate exit code', async () => {
  let asked = 0;
  const url = await serve((_, response) => {
    asked += 1;
    const problem = { code: 'TOO_MANY_REQUESTS', detail: 'more than 600 requests in a minute', hint: 'wait 3 s' };
    response.writeHead(429, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  expect(await list(url)).toEqual({
    code: 75,
    stdout: '',
    stderr: 'error[TOO_MANY_REQUESTS]: more than 600 requests in a minute\n  wait 3 s\n',
  });
  expect(asked).toBe(5);
});
