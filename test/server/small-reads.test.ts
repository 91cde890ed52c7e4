import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, test } from 'vitest';
import { keepQuota } from '../../src/ledger/result-quota.ts';
import { tablesOf } from '../../src/ledger/tables.ts';
import { databaseServers } from '../database-servers.ts';
import { useServer } from './use-server.ts';

describe.each(databaseServers)('small queries on $name', (on) => {
  const server = useServer({}, { on });

  async function ledger(sql: string, id: string): Promise<RowDataPacket[]> {
    await server.json('GET', `/v1/statements/${id}`, { user: 'root' });
    const { pool, systemSchema } = server.database;
    const [rows] = await pool.query<RowDataPacket[]>(
      sql.replace(/\{(\w+)\}/, (_, name) => tablesOf(systemSchema)(name)),
      [id],
    );
    return rows;
  }

  /** Whether the engine ran it: it notes which of its runs began a step. */
  async function isByEngine(id: string): Promise<boolean> {
    const [step] = await ledger('SELECT begun_by FROM {steps} WHERE statement_id = ?', id);
    return step!.begun_by !== null;
  }

  beforeAll(async () => {
    const { admin, name, pool } = server.database;
    await pool.query('CREATE TABLE visit (at DATETIME(6))');
    // Where there is a binary log, only an administrator may create it.
    await admin.query(`CREATE FUNCTION \`${name}\`.visited() RETURNS INT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER
      BEGIN INSERT INTO visit VALUES (NOW(6)); RETURN 1; END`);
  });

  test('are answered as they are recorded', async () => {
    const sql =
      "SELECT 1 AS one, 9007199254740993 AS many, 'é' AS text, NULL AS nothing UNION ALL SELECT 2, 3, '', 1.5";
    const body = { sql, wait: 60, labels: { team: 'birds' } };
    const answer = await server.json('POST', '/v1/statements', { body });
    expect(answer.status).toBe(200);
    const { result, ...statement } = answer.body;
    expect(result.rows.map(([one, ...rest]: unknown[]) => [Number(one), ...rest])).toEqual([
      [1, '9007199254740993', 'é', null],
      [2, '3', '', '1.5'],
    ]);
    const { id } = statement;
    expect(answer.headers.get('location')).toBe(`/v1/statements/${id}`);
    expect((await server.json('GET', `/v1/statements/${id}`)).body).toEqual(statement);
    expect((await server.json('GET', `/v1/statements/${id}/result`)).body).toEqual(result);
    const transitions = await ledger('SELECT state FROM {transitions} WHERE statement_id = ? ORDER BY number', id);
    expect(transitions.map(({ state }) => state)).toEqual(['queued', 'running', 'succeeded']);
    expect(await isByEngine(id)).toBe(false);
    const { submittedAt, startedAt, finishedAt } = statement;
    expect([submittedAt, startedAt, finishedAt]).toEqual([submittedAt, startedAt, finishedAt].toSorted());
    expect(Math.abs(Date.now() - Date.parse(finishedAt))).toBeLessThan(60_000);
  });

  test('have pages like others', async () => {
    const numbers = 'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)';
    const { body } = await server.run(`${numbers} SELECT i FROM n UNION ALL SELECT -i FROM n`);
    expect(await isByEngine(body.id)).toBe(false);
    expect(body.results[0].rows).toBe(1800);
    expect(body.result.rows).toHaveLength(1000);
    const next = await server.json('GET', `/v1/statements/${body.id}/result?cursor=${body.result.next}`);
    expect(next.body).toMatchObject({ next: null });
    expect(next.body.rows).toHaveLength(800);
  });

  test.each([
    ['that nobody waits for', { sql: 'SELECT 1', wait: 0 }, {}],
    ['with a key', { sql: 'SELECT 1', wait: 60 }, { 'idempotency-key': `once-${on.name}` }],
    ['of several statements', { sql: 'SELECT 1; SELECT 2', wait: 60 }, {}],
    ['that change data', { sql: 'CREATE TABLE IF NOT EXISTS made (a INT)', wait: 60 }, {}],
    ['that take long', { sql: 'SELECT SLEEP(0.6)', wait: 60 }, {}],
    ['with many bytes', { sql: "SELECT REPEAT('x', 70000)", wait: 60 }, {}],
  ])('the engine runs those %s', async (_, body, headers) => {
    const { status, body: statement } = await server.json('POST', '/v1/statements', { body, headers });
    expect(status).toBeLessThan(300);
    await server.ask('GET', `/v1/statements/${statement.id}/events`).then((events) => events.text());
    const { body: ended } = await server.json('GET', `/v1/statements/${statement.id}`);
    expect(ended.state).toBe('succeeded');
    expect(await isByEngine(statement.id)).toBe(true);
  });

  test('one that fails is kept as a failed statement', async () => {
    const { status, body } = await server.run('SELECT no_such_column');
    expect(status).toBe(400);
    expect(body.code).toBe('QUERY_REFUSED');
    const { body: statement } = await server.json('GET', `/v1/statements/${body.statement}`);
    expect(statement.state).toBe('failed');
  });

  test('a function that writes does so once', async () => {
    const { body } = await server.run('SELECT visited() AS done');
    expect(body.result.rows).toEqual([[1]]);
    const [[count]] = await server.database.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM visit');
    expect(Number(count!.n)).toBe(1);
    const asReader = await server.run('SELECT visited() AS done', { user: 'rita' });
    expect(asReader.body.state ?? 'refused').not.toBe('succeeded');
    const [[after]] = await server.database.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM visit');
    expect(Number(after!.n)).toBe(1);
  });

  test('each finds a new session', async () => {
    for (let round = 0; round < 20; round++) {
      const { body } = await server.run("SELECT @left AS found, GET_LOCK('left', 0) AS got, (@left := 7) AS set_now");
      expect(body.result.rows[0].slice(0, 2).map((value: unknown) => (value === null ? null : Number(value)))).toEqual([
        null,
        1,
      ]);
    }
    const { body } = await server.run("SELECT IS_FREE_LOCK('left') AS is_free, @@session.sql_mode = @@global.sql_mode");
    expect(body.result.rows[0].map(Number)).toEqual([1, 1]);
  });

  test('a view that is asked for again changes with the statement', async () => {
    const { body: first } = await server.run('SELECT 5 AS five');
    const look = () => server.json('GET', `/v1/statements/${first.id}`).then(({ body }) => body);
    expect(await look()).toEqual(await look());
    const others = await server.json('GET', `/v1/statements/${first.id}`, { user: 'bob' });
    expect(others.status).toBe(404);
    const { pool, systemSchema } = server.database;
    await keepQuota(pool, systemSchema, { perUser: 0, total: 0 });
    expect((await look()).results[0]).toMatchObject({ rows: 0, truncated: true });
    await pool.query(`UPDATE ${tablesOf(systemSchema)('statements')} SET state = 'cancelled' WHERE id = ?`, [first.id]);
    expect((await look()).state).toBe('cancelled');
    await server.json('POST', `/v1/statements/${first.id}/retry`);
    const ended = await server.ask('GET', `/v1/statements/${first.id}/events`);
    await ended.text();
    expect((await look()).state).toBe('succeeded');
  });

  test('many at once are all found, by other servers as well', async () => {
    const replica = await server.another();
    const answers = await Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        const { body } = await server.run(`SELECT ${index} AS n`, { user: index % 2 === 0 ? 'ada' : 'bob' });
        const seen = await server.json('GET', `/v1/statements/${body.id}/result`, { user: 'root', url: replica.url });
        return [body.result.rows[0][0], seen.body.rows[0][0]].map(Number);
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => [index, index]));
  });
});
