import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { httpUrl } from '../../src/dataset/download/ask.ts';
import { type Downloading, download } from '../../src/dataset/download/download.ts';

/** undici loses what arrives just before a connection breaks, so each part is larger than that. */
const bytes = Buffer.alloc(6_000_000, 'millrace ');
const sha256 = createHash('sha256').update(bytes).digest('hex');

let folder = '';
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(inject('serversFolder'), 'download-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await rm(folder, { recursive: true });
});

/** A server of this machine; its URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const file = () => join(folder, 'a.zip');
const fetched = (url: string, changes: Partial<Downloading> = {}) =>
  download(httpUrl(url)!, file(), { sha256: null, largest: 2 ** 30, onProgress: () => {}, pauseMs: 1, ...changes });
const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => 'downloaded',
    ({ code, message }) => `${code}: ${message}`,
  );

/** A server that knows ranges, and breaks the connection after `most` bytes of each answer. */
function breaking(
  most: () => number,
  ranges: string[],
  content = () => ({ body: bytes, etag: '"1"' }),
): RequestListener {
  return ({ headers }, response) => {
    const { body, etag } = content();
    const isSame = headers['if-range'] === etag;
    const from = isSame ? Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0) : 0;
    ranges.push(isSame ? headers.range! : 'whole');
    const rest = body.subarray(from);
    if (from === 0) response.writeHead(200, { 'content-length': rest.length, etag });
    else {
      const range = `bytes ${from}-${body.length - 1}/${body.length}`;
      response.writeHead(206, { 'content-length': rest.length, 'content-range': range, etag });
    }
    const sent = rest.subarray(0, most());
    response.write(sent, () => (sent.length < rest.length ? response.destroy() : response.end()));
  };
}

describe('a download', () => {
  it('gives the file under its name, with its digest, past redirects', async () => {
    const seen: unknown[] = [];
    const url = await serve(({ url }, response) => {
      if (url === '/a') response.writeHead(302, { location: './b?token=secret' }).end();
      else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    });
    const onProgress = (...progress: unknown[]) => void seen.push(progress);
    expect(await fetched(`${url}/a`, { sha256: sha256.toUpperCase(), onProgress })).toBe(sha256);
    expect(await readFile(file())).toEqual(bytes);
    expect(await readdir(folder)).toEqual(['a.zip']);
    expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
  });

  it('continues after each broken connection', async () => {
    const ranges: string[] = [];
    const url = await serve(breaking(() => 800_000, ranges));
    expect(await fetched(url)).toBe(sha256);
    expect(ranges[0]).toBe('whole');
    expect(ranges.length).toBeGreaterThan(6);
    expect(ranges.slice(1).every((range) => range.startsWith('bytes='))).toBe(true);
  });

  it('continues what an ended process left', async () => {
    const ranges: string[] = [];
    let most = 800_000;
    const url = await serve(breaking(() => most, ranges));
    const onProgress = () => {
      most = 0;
    };
    expect(await failing(fetched(url, { onProgress }))).toBe(
      `DATASET_DOWNLOAD_FAILED: the server closed the connection: ${url}/`,
    );
    most = bytes.length;
    ranges.splice(0);
    expect(await fetched(url)).toBe(sha256);
    expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
  });

  it('begins again if the file has changed in the meantime', async () => {
    const other = Buffer.alloc(2_000_000, 'other');
    const ranges: string[] = [];
    const url = await serve(
      breaking(
        () => 3_000_000,
        ranges,
        () => (ranges.length === 0 ? { body: bytes, etag: '"1"' } : { body: other, etag: '"2"' }),
      ),
    );
    await fetched(url);
    expect(await readFile(file())).toEqual(other);
    expect(ranges).toEqual(['whole', 'whole']);
  });

  it('begins again if the server names no version of the file', async () => {
    let requests = 0;
    const url = await serve(({ headers }, response) => {
      expect(headers.range).toBeUndefined();
      response.writeHead(200, { 'content-length': bytes.length });
      requests += 1;
      if (requests === 1) response.write(bytes.subarray(0, 800_000), () => response.destroy());
      else response.end(bytes);
    });
    expect(await fetched(url)).toBe(sha256);
  });

  it('is tried again if the server cannot answer now', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (requests === 2) response.writeHead(503).end();
      else response.end(bytes);
    });
    expect(await fetched(url)).toBe(sha256);
  });

  it('of another digest is refused and removed', async () => {
    const url = await serve((_, response) => response.end(bytes));
    const expected = '0'.repeat(64);
    expect(await failing(fetched(`${url}/a.zip?signature=secret`, { sha256: expected }))).toBe(
      `DATASET_DIGEST: ${url}/a.zip?… has the SHA-256 ${sha256}; expected ${expected}`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['/announced', 'more than the limit of 1000 bytes'],
    ['/sent', 'more than the limit of 1000 bytes'],
    ['/loop', 'redirects more than 5 times'],
    ['/ftp', 'redirects to an invalid URL'],
    ['/missing', 'the server has no such file (404)'],
    ['/private', 'the server denies access (403)'],
    ['/down', 'the server cannot answer now (500)'],
  ])('of %s fails with its reason', async (path, reason) => {
    const url = await serve(({ url }, response) => {
      if (url === '/announced') response.writeHead(200, { 'content-length': '1000000' }).end('a');
      if (url === '/sent') response.end('a'.repeat(2000));
      if (url === '/loop') response.writeHead(301, { location: '/loop' }).end();
      if (url === '/ftp') response.writeHead(301, { location: 'ftp://127.0.0.1/a' }).end();
      if (url === '/missing') response.writeHead(404).end();
      if (url === '/private') response.writeHead(403).end();
      if (url === '/down') response.writeHead(500).end();
    });
    expect(await failing(fetched(url + path, { largest: 1000 }))).toBe(
      `DATASET_DOWNLOAD_FAILED: ${reason}: ${url}${path}`,
    );
  });

  it('says if nobody listens, or the folder does not exist', async () => {
    const url = await serve(() => {});
    servers[0]!.close();
    expect(await failing(fetched(url))).toBe(`DATASET_DOWNLOAD_FAILED: the server refuses connections: ${url}/`);
    await rm(folder, { recursive: true });
    expect(await failing(fetched(url))).toMatch(/^DATASET_OUTPUT: .* its folder does not exist$/);
    folder = await mkdtemp(join(inject('serversFolder'), 'download-'));
  });

  it('uses the proxy of the environment', async () => {
    const asked: unknown[] = [];
    const proxy = await serve((request, response) => {
      asked.push(request.url);
      response.end(bytes);
    });
    vi.stubEnv('HTTP_PROXY', proxy);
    expect(await fetched('http://datasets.example/a.zip')).toBe(sha256);
    expect(asked).toEqual(['http://datasets.example/a.zip']);
  });
});

describe('the URL of a download', () => {
  it.each(['a.zip', '/datasets/a.zip', 'ftp://host/a.zip', 'file:///etc/passwd'])('is none: %s', (text) =>
    expect(httpUrl(text)).toBeNull(),
  );

  it.each([
    ['http://user:secret@host/a.zip', 'a URL with a user or password; give a signed URL instead: http://host/a.zip'],
    ['https://user:secret@:0/a.zip', 'not a valid URL: :0/a.zip'],
  ])('is refused without showing its secret: %s', (text, message) => {
    expect(() => httpUrl(text)).toThrow(message);
  });
});
