import { writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server/serve.ts';
import { useServer } from './use-server.ts';

const test = useServer({}, { running: false });
let open: RunningServer;

beforeAll(async () => {
  const file = join(test.environment.MILLRACE_STATE!, 'nobody.yaml');
  await writeFile(file, '{}');
  open = await test.another({ MILLRACE_SERVER_CONFIG: file });
});

function ask(headers: Record<string, string>, method = 'GET', path = '/v1/statements') {
  const { port, hostname } = new URL(open.url);
  return new Promise<{ status: number; code?: string; hint?: string }>((resolve, reject) => {
    httpRequest({ port, host: hostname, method, path, headers })
      .on('error', reject)
      .on('response', async (response) => {
        const text = (await response.toArray()).join('');
        resolve({ ...JSON.parse(text), status: response.statusCode! });
      })
      .end();
  });
}

describe('a server without users', () => {
  it.each(['localhost', 'LOCALHOST:80', '127.0.0.1:8080', '127.1.2.3', '[::1]:8080'])('serves %s', async (host) => {
    expect((await ask({ host })).status).toBe(200);
    expect((await ask({ host, origin: `http://${host}` })).status).toBe(200);
  });

  it.each(['evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.0.1', '[::2]', '[::1]x'])(
    'does not serve the name %j, whoever it points at',
    async (host) => {
      for (const path of ['/v1/statements', '/healthz', '/metrics', '/']) {
        expect(await ask({ host }, 'GET', path)).toMatchObject({
          status: 421,
          code: 'HOST_REFUSED',
          hint: expect.stringContaining('configure users'),
        });
      }
    },
  );

  it.each(['http://evil.example', 'https://localhost:8080', 'http://localhost:3000', 'null'])(
    'takes nothing from pages of %s',
    async (origin) => {
      const answer = await ask({ host: 'localhost:8080', origin }, 'POST', '/v1/explain');
      expect(answer).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
    },
  );
});

describe('a server with users', () => {
  it('serves every name, because browsers do not send its tokens automatically', async () => {
    const server = await test.another();
    const answer = await test.ask('GET', '/v1/statements', {
      url: server.url,
      headers: { origin: 'http://a.example' },
    });
    expect(answer.status).toBe(200);
  });
});
