import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { idOf } from '../../src/service/submit.ts';
import { openDatabaseProxy } from './campaign/database-proxy.ts';
import { takeLock } from './held-lock.ts';
import { useServer } from './use-server.ts';

const server = useServer({ requestsPerMinute: 1_000_000 });
const patience = { timeout: 20_000, interval: 20 };

it('an answer of 5xx after a statement was accepted names its id', { timeout: 60_000 }, async () => {
  const { database } = server;
  const proxy = await openDatabaseProxy(database.datasource);
  const { url } = await server.another({
    MILLRACE_SYSTEM_DATASOURCE: proxy.through(database.accounts.systemDsn),
    MILLRACE_SERVER_CONFIG: await server.configured({}, 1),
  });
  const lock = await takeLock(server.database);
  const body = { sql: `SELECT GET_LOCK('${lock.name}', 50) AS got`, wait: 10 };
  const asked = server.json('POST', '/v1/statements', { url, body });
  const running = async () => (await server.json('GET', '/v1/statements?state=running')).body.statements;
  await vi.waitUntil(async () => (await running()).length === 1, patience);
  const [{ id }] = await running();
  await proxy.close();
  const answer = await asked;
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(answer.body).toMatchObject({ statement: id, hint: expect.stringContaining(`look up ${id}`) });
  await lock.release();
  expect((await server.json('GET', `/v1/statements/${id}`)).status).toBe(200);
});

it("a user who holds every lock whose name is known does not hold up another's statement", async () => {
  const key = 'of-bob';
  const request = { user: { name: 'bob' }, datasource: { name: 'default' }, key } as Parameters<typeof idOf>[0];
  const id = idOf(request);
  const { systemSchema } = server.database;
  const texts = [id, systemSchema, 'bob', `${systemSchema}${id}`, `${systemSchema}.${id}`, `locks${id}`];
  const names = texts.flatMap((text) => [text, ...['sha1', 'sha256'].map((hash) => hex(hash, text))]);
  const guesses = [...names, ...names.map((name) => `millrace-${name}`)].map((name) => name.slice(0, 64));

  const lock = await takeLock(server.database);
  const taking = [...new Set(guesses)].map((name) => `GET_LOCK('${name}', 0)`).join(' + ');
  const sql = `SELECT ${taking} AS taken, GET_LOCK('${lock.name}', 50) AS waiting`;
  const holding = server.json('POST', '/v1/statements', { body: { sql, wait: 50 } });
  await vi.waitUntil(async () => (await waitingFor(lock.name)) === 1, patience);

  const { status, body } = await server.run('SELECT 1 AS one', { user: 'bob', headers: { 'idempotency-key': key } });
  expect([status, body.id, body.state, body.result.rows]).toEqual([200, id, 'succeeded', [[1]]]);
  await lock.release();
  expect((await holding).body.result.rows).toEqual([[`${new Set(guesses).size}`, 1]]);
});

const hex = (hash: string, text: string) => createHash(hash).update(text).digest('hex');

async function waitingFor(name: string): Promise<number> {
  const [rows] = (await server.database.admin.query(
    `SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User lock' AND INFO LIKE '%${name}%'`,
  )) as unknown as [unknown[]];
  return rows.length;
}
