import { createServer, Server as HttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDownloads } from '../../../src/worker/image/download.ts';
import { openImages } from '../../../src/worker/image/image-rows.ts';
import { readUrlRules } from '../../../src/worker/image/url-rules.ts';

const servers: Server[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.close();
    if (server instanceof HttpServer) server.closeAllConnections();
  }
});

/** A server of this machine; its URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const quick = { pauseMs: 1 };
const local = (changes = {}) => openDownloads(readUrlRules('public,127.0.0.0/8'), { ...quick, ...changes });
const failing = (reading: Promise<unknown>) =>
  reading.then(
    () => 'read',
    ({ code, message }) => `${code}: ${message}`,
  );

describe('a URL', () => {
  it('is downloaded, past redirects', async () => {
    const url = await serve(({ url }, response) => {
      if (url === '/a.jpg') response.writeHead(302, { location: './b.jpg?token=secret' }).end();
      else response.end('bytes');
    });
    const image = await local().read(`${url}/a.jpg`);
    expect([Buffer.from(image.bytes).toString(), image.name]).toEqual(['bytes', `${url}/a.jpg`]);
  });

  it('is tried again where the server cannot answer now', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      if (requests === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (requests === 2) response.writeHead(503).end();
      else if (requests === 3) response.destroy();
      else response.end('bytes');
    });
    expect((await local().read(url)).bytes).toHaveLength(5);
    expect(requests).toBe(4);
  });

  it.each<[string, number, string]>([
    ['missing', 404, 'IMAGE_MISSING: the server has no such image (404): HOST/a'],
    ['private', 403, 'IMAGE_UNREADABLE: the server denies access (403): HOST/a'],
    ['strange', 204, 'IMAGE_UNREADABLE: the server does not send the image (204): HOST/a'],
    ['down', 500, 'IMAGE_DOWNLOAD_FAILED: the server cannot answer now (500): HOST/a'],
  ])('fails with the reason where the image is %s', async (_, status, reason) => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(status).end();
    });
    expect(await failing(local({ retries: 1 }).read(`${url}/a`))).toBe(reason.replace('HOST', url));
    expect(requests).toBe(status >= 500 ? 2 : 1);
  });

  it('is bounded in size, time and redirects', async () => {
    const url = await serve(({ url }, response) => {
      if (url === '/announced') response.writeHead(200, { 'content-length': '1000000' }).end('a');
      if (url === '/sent') for (let at = 0; at < 100; at++) response.write('a'.repeat(100));
      if (url === '/slow') response.write('a');
      if (url === '/loop') response.writeHead(301, { location: '/loop' }).end();
      if (url === '/empty') response.end();
    });
    const bounded = local({ bytes: 1000, attemptMs: 300, retries: 0 });
    const tooLarge = 'IMAGE_UNREADABLE: more than the limit of 1000 bytes: ';
    expect(await failing(bounded.read(`${url}/announced`))).toBe(`${tooLarge}${url}/announced`);
    expect(await failing(bounded.read(`${url}/sent`))).toBe(`${tooLarge}${url}/sent`);
    expect(await failing(bounded.read(`${url}/slow`))).toBe(
      `IMAGE_DOWNLOAD_FAILED: not received within 0.3 s: ${url}/slow`,
    );
    expect(await failing(bounded.read(`${url}/loop`))).toBe(
      `IMAGE_UNREADABLE: redirects more than 5 times: ${url}/loop`,
    );
    expect(await failing(bounded.read(`${url}/empty`))).toBe(`IMAGE_BROKEN: an empty answer: ${url}/empty`);
  });

  it.each([
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '168.63.129.16',
    '100.64.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[ff02::1]',
  ])('is refused before anything is connected to where its server is %s', async (host) => {
    const url = await serve((_, response) => response.end('bytes'));
    const there = `${url.replace('127.0.0.1', host)}/a`;
    const everyone = openDownloads(readUrlRules(), { retries: 0 });
    expect(await failing(everyone.read(there))).toMatch(
      /^IMAGE_URL_REFUSED: MILLRACE_IMAGE_URLS does not allow the address/,
    );
  });

  it('is refused where a redirect leads to such a server, or to another protocol', async () => {
    const url = await serve(({ url = '' }, response) =>
      response
        .writeHead(302, { location: url === '/a' ? 'http://169.254.169.254/latest' : 'file:///etc/passwd' })
        .end(),
    );
    expect(await failing(local().read(`${url}/a`))).toMatch(
      /^IMAGE_URL_REFUSED: MILLRACE_IMAGE_URLS does not allow the address/,
    );
    expect(await failing(local().read(`${url}/b`))).toBe(
      'IMAGE_URL_REFUSED: a URL of file; images are downloaded by http and https: file:///etc/passwd',
    );
  });

  it.each<[string, string, number]>([
    ['the server does not answer in HTTP', 'SSH-2.0\r\n\r\n', 1],
    ['the server sends too many headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, 1],
    ['the server closed the connection', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', 2],
  ])('fails with the reason where %s', async (reason, answer, attempts) => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections++;
      socket.on('error', () => {}).end(answer);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
    expect(await failing(local({ retries: 1 }).read(url))).toBe(`IMAGE_DOWNLOAD_FAILED: ${reason}: ${url}`);
    expect(connections).toBe(attempts);
  });

  it('shows no password and no signature', async () => {
    const downloads = local({ retries: 0 });
    const url = await serve((_, response) => response.writeHead(404).end());
    const shown = await Promise.all([
      failing(downloads.read(`${url}/a?X-Amz-Signature=secret`)),
      failing(downloads.read('https://user:secret@example.org/a')),
      failing(downloads.read('https://user:secret@:bad:/a?key=secret')),
      failing(downloads.read('ftp://user:secret@example.org/a?key=secret')),
    ]);
    expect(shown).toEqual([
      `IMAGE_MISSING: the server has no such image (404): ${url}/a?…`,
      'IMAGE_URL_REFUSED: a URL with a user or password; give a signed URL instead: https://example.org/a',
      'IMAGE_MISSING: not a valid URL: :bad:/a',
      'IMAGE_URL_REFUSED: a URL of ftp; images are downloaded by http and https: ftp://example.org/a?…',
    ]);
  });

  it('may stand beside other names in a column, without a folder', async () => {
    const url = await serve(({ url }, response) => response.end(url));
    vi.stubEnv('MILLRACE_IMAGE_URLS', '127.0.0.1');
    const images = await openImages(null, { '/datasets': '/nowhere' });
    const names = [`${url}/a`, '/datasets/b.jpg', 'c.jpg', '/etc/passwd', `${url}/d`, null];
    const sources = images(names.map((name) => [name === null ? null : Buffer.from(name)]));
    const read = await Promise.all(
      sources.map((source) =>
        source.read().then(
          ({ bytes }) => Buffer.from(bytes).toString(),
          ({ code, message }) => `${code}: ${message}`,
        ),
      ),
    );
    expect(read).toEqual([
      '/a',
      expect.stringMatching(/^IMAGE_MISSING: no such file: /),
      'IMAGE_MISSING: a relative path, and no --image_dir is given: c.jpg',
      'IMAGE_OUTSIDE: outside the volumes /datasets: /etc/passwd',
      '/d',
      'IMAGE_MISSING: the row names no image',
    ]);
  });
});

describe('MILLRACE_IMAGE_URLS', () => {
  it('switches URLs off', async () => {
    const reading = openDownloads(readUrlRules('none')).read('https://example.org/a.jpg');
    expect(await failing(reading)).toBe(
      'IMAGE_URL_REFUSED: URLs are switched off here (MILLRACE_IMAGE_URLS): https://example.org/a.jpg',
    );
  });

  it('allows networks, alone or besides the public ones', () => {
    const allowed = (setting: string) =>
      ['93.184.215.14', '10.20.0.1', '10.30.0.1', '::ffff:10.20.0.1', 'fd00::1'].filter(readUrlRules(setting).allows);
    expect(allowed('')).toEqual(['93.184.215.14']);
    expect(allowed('public, 10.20.0.0/16')).toEqual(['93.184.215.14', '10.20.0.1', '::ffff:10.20.0.1']);
    expect(allowed('10.30.0.1,fd00::/8')).toEqual(['10.30.0.1', 'fd00::1']);
  });

  it('is refused where it names no network', () => {
    expect(() => readUrlRules('public,example.org')).toThrow(
      "MILLRACE_IMAGE_URLS contains 'example.org', which is not a network",
    );
  });
});
