import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { takeLock } from '../server/held-lock.ts';
import { useServer } from '../server/use-server.ts';
import { millrace, start } from './millrace.ts';

const patience = { timeout: 20_000, interval: 20 };

describe('A statement that the database may have executed', { timeout: 60_000 }, () => {
  const server = useServer();
  beforeAll(() => server.database.pool.query('CREATE TABLE doubtful (n INT)'));

  const places: Record<string, () => Record<string, string>> = {
    'this machine': () => server.environment as Record<string, string>,
    'a server': () => ({ MILLRACE_URL: server.server.url, MILLRACE_TOKEN: server.tokens.ada }),
  };

  /** Its connection is lost while it waits for a lock; once that is released, a repetition does not wait. */
  async function loseOne(submit: (sql: string) => Promise<unknown>): Promise<void> {
    const lock = await takeLock(server.database);
    const sql = `INSERT INTO doubtful SELECT GET_LOCK('${lock.name}', 50)`;
    const submitted = submit(sql);
    await vi.waitFor(async () => {
      const [found] = await server.database.admin.query<RowDataPacket[]>(
        'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO = ?',
        [sql],
      );
      expect(found).toHaveLength(1);
      await server.database.admin.query(`KILL CONNECTION ${found[0]?.id}`);
    }, patience);
    await submitted;
    await lock.release();
  }
  /** Once or not at all, which nobody knows before; a repetition adds one. */
  const executed = async () => (await server.database.pool.query<RowDataPacket[]>('SELECT n FROM doubtful'))[0].length;

  it.each(Object.keys(places))('is executed again by retry on %s only with --repeat', async (place) => {
    await server.database.pool.query('DELETE FROM doubtful');
    const environment = places[place]!();
    let id = '';
    await loseOne(async (sql) => {
      const { code, stdout } = await start(['run', '--json', sql], environment).ended;
      const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
      expect([code, last.error.code]).toEqual([4, 'STATEMENT_UNCERTAIN']);
      id = last.id;
    });
    const before = await executed();
    expect(await millrace(['retry', id], environment)).toMatchObject({
      code: 2,
      stderr: `error[REPEAT_REFUSED]: the database may have executed step-1 of the statement ${id}; a retry would execute it again
  check its tables; retry with --repeat (over HTTP: ?repeat=true) to execute it again
`,
    });
    expect(await executed()).toBe(before);
    expect((await millrace(['retry', id, '--repeat'], environment)).code).toBe(0);
    expect(await executed()).toBe(before + 1);
  });

  it('is executed again over HTTP only with `repeat`', async () => {
    await server.database.pool.query('DELETE FROM doubtful');
    let path = '';
    await loseOne(async (sql) => {
      const { body } = await server.run(sql);
      expect(body.error.code).toBe('STATEMENT_UNCERTAIN');
      path = `/v1/statements/${body.id}`;
    });
    const before = await executed();
    for (const query of ['', '?repeat=false'])
      expect((await server.json('POST', `${path}/retry${query}`)).body).toMatchObject({
        status: 409,
        code: 'REPEAT_REFUSED',
        hint: expect.stringContaining('?repeat=true'),
      });
    expect(await executed()).toBe(before);
    expect((await server.json('POST', `${path}/retry?repeat=perhaps`)).body.status).toBe(400);
    expect((await server.json('POST', `${path}/retry?repeat=true`)).status).toBe(202);
    await vi.waitFor(async () => expect((await server.json('GET', path)).body.state).toBe('succeeded'), patience);
    expect(await executed()).toBe(before + 1);
  });
});
