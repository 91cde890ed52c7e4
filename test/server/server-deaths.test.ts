import { expect, it, vi } from 'vitest';
import { useReplica } from './replica.ts';
import { untilReady, useServer } from './use-server.ts';

const server = useServer({}, { running: false });
const replica = useReplica(() => server.environment);
const patience = { timeout: 60_000, interval: 50 };

it('a statement during which three servers died fails, and no other server takes it over', {
  timeout: 180_000,
}, async () => {
  await replica.start();
  await untilReady(replica.url());
  // A reader's query may be read again by the next server.
  const ask = (method: string, path: string, body?: object) =>
    server.json(method, path, { url: replica.url(), user: 'rita', ...(body && { body }) });
  const { body } = await ask('POST', '/v1/statements', { sql: 'SELECT SLEEP(300)', wait: 0 });
  const state = async () => (await ask('GET', `/v1/statements/${body.id}`)).body.state;
  await vi.waitFor(async () => expect(await state()).toBe('running'), patience);
  for (const adoptions of [1, 2]) {
    await replica.kill();
    await replica.start();
    await vi.waitFor(async () => expect(await adoptionsOf(body.id)).toBe(adoptions), patience);
  }
  await replica.kill();
  await replica.start();
  await untilReady(replica.url());
  await vi.waitFor(async () => expect(await state()).toBe('failed'), patience);
  const ended = await ask('GET', `/v1/statements/${body.id}`);
  expect(ended.body.error).toMatchObject({ code: 'SERVERS_DIED' });
  expect(ended.body.steps[0]).toMatchObject({ state: 'failed', error: { code: 'SERVERS_DIED' } });
});

async function adoptionsOf(id: string): Promise<number> {
  const sql = `SELECT adoptions FROM ${server.database.systemSchema}.adoptions WHERE statement_id = ?`;
  const [[row]] = (await server.database.admin.query(sql, [id])) as unknown as [[{ adoptions: number }?]];
  return Number(row?.adoptions ?? 0);
}
