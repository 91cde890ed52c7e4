import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useServer } from './use-server.ts';

const server = useServer({ requestsPerMinute: 1_000_000 });

const detect = (into: string) => `SELECT * FROM shot ORDER BY id LIMIT 1
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO ${into};`;

it('200 programs at once are all accepted, and the server answers other requests meanwhile', {
  timeout: 300_000,
}, async () => {
  let accepting = true;
  let answered = 0;
  let slowest = 0;
  const watching = (async () => {
    while (accepting) {
      const asked = performance.now();
      expect((await fetch(`${server.server.url}/healthz`)).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - asked);
      answered += 1;
      await sleep(5);
    }
  })();
  const begun = performance.now();
  const submit = async (number: number) => {
    const { status, body } = await server.json('POST', '/v1/statements', {
      body: { sql: detect(`load_${number}`), wait: 0 },
    });
    expect(status).toBe(202);
    return body;
  };
  const all = await Promise.all(Array.from({ length: 200 }, (_, number) => submit(number)));
  console.info(
    `200 accepted in ${Math.round(performance.now() - begun)} ms, /healthz in ${Math.round(slowest)} ms at most`,
  );
  accepting = false;
  await watching;
  expect(new Set(all.map(({ id }) => id)).size).toBe(200);
  expect(answered).toBeGreaterThan(10);
  const { body } = await server.json('GET', '/v1/statements?limit=200&state=running');
  expect(body.statements.length).toBeLessThanOrEqual(10);
  // Somebody else does not wait for them.
  expect((await server.run('SELECT 1', { user: 'bob' })).body.state).toBe('succeeded');
  await Promise.all(all.map(({ id }) => server.ask('POST', `/v1/statements/${id}/cancel`)));
});
