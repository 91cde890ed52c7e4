import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type DatabasePools, openDatabase } from '../../src/datasource/accounts.ts';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { eachRow } from '../../src/datasource/row-stream.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { listResults, readResultBatches } from '../../src/ledger/results.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import { type SharesTask, type StatementTask, taskVersion } from '../../src/task.ts';
import type { WorkerContext } from '../../src/worker/context.ts';
import { dropShares, prepareShares } from '../../src/worker/rows/shares.ts';
import { runStatement } from '../../src/worker/statement.ts';
import { servers, useDatabase } from '../database.ts';

const standard = { kind: 'statement', version: taskVersion } as const;

describe.each(servers)('the worker on $name', (server) => {
  const database = useDatabase(server);
  let pools: DatabasePools;
  beforeAll(async () => {
    pools = openDatabase(database.accounts, { connections: 2 });
    await migrate(pools.system, database.systemSchema);
    await database.pool.query('CREATE TABLE images (id INT PRIMARY KEY, score INT)');
    await database.pool.query('INSERT INTO images VALUES (1, 30), (2, 20), (3, 10)');
  });

  afterAll(() => pools?.end());

  function context<T extends SharesTask | StatementTask>(task: T): WorkerContext<T> {
    const { systemSchema: schema } = database;
    const { system: pool, tables, users } = pools;
    const { signal } = new AbortController();
    return {
      task,
      pool,
      tables,
      users,
      schema,
      names: selectionNames(task, schema, true),
      volumes: {},
      answers: null,
      log: pino({ level: 'silent' }),
      signal,
    };
  }

  test('numbers the rows for an image of another, whose columns may have any names, and drops them at the end', async () => {
    const task: SharesTask = {
      kind: 'shares',
      version: taskVersion,
      statement: 's',
      step: 'step-1',
      select: 'SELECT * FROM images ORDER BY id DESC',
      partitions: 2,
      partitionBy: null,
    };
    const shares = context(task);
    const selection = quoteTable(shares.names.selection);
    await prepareShares(shares);
    await database.pool.query('DELETE FROM images WHERE id = 3');
    await prepareShares(shares);
    const [rows] = await database.pool.query(`SELECT * FROM ${selection} ORDER BY millrace_row`);
    expect(rows).toEqual([
      { id: 3, score: 10 },
      { id: 2, score: 20 },
      { id: 1, score: 30 },
    ]);
    await dropShares(shares);
    await dropShares(shares);
    await expect(database.pool.query(`SELECT * FROM ${selection}`)).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    await prepareShares(shares);
    await expect(database.pool.query(`SELECT * FROM ${selection}`)).rejects.toMatchObject({ code: 'QUERY_FAILED' });
  });

  test('gives a standard statement to the database as it stands', async () => {
    const sql = "INSERT INTO images VALUES (7, 1) /* {{x}} $(y) 'z' */";
    await runStatement(context({ ...standard, statement: 's', step: 'step-2', sql, onlyReads: false }));
    expect((await database.pool.query('SELECT score FROM images WHERE id = 7'))[0]).toEqual([{ score: 1 }]);
    await expect(
      runStatement(context({ ...standard, statement: 's', step: 'step-3', sql, onlyReads: false })),
    ).rejects.toMatchObject({
      code: 'QUERY_FAILED',
    });
  });

  test('stores the rows that a standard statement returns, as much of them as its server keeps', async () => {
    const { pool, systemSchema: schema } = database;
    const statement = randomUUID();
    await pool.query(`INSERT INTO ${schema}.submissions (statement_id, read_only, result_bytes) VALUES (?, TRUE, 4)`, [
      statement,
    ]);
    const run = (step: string, sql: string) =>
      runStatement(context({ ...standard, statement, step, sql, onlyReads: false }));
    await run('step-1', 'SELECT id FROM images WHERE id < 3 ORDER BY id');
    await expect(run('step-2', 'DELETE FROM images')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    const columns = [{ name: 'id', type: 'integer' }];
    const results = await listResults(pool, schema, [statement]);
    expect(results.get(statement)).toEqual([{ step: 'step-1', columns, rows: 1, truncated: true }]);
    const rows: unknown[] = [];
    for await (const [id] of eachRow(readResultBatches(pool, schema, { statement, step: 'step-1' }))) rows.push(id);
    expect(rows).toEqual([1]);
  });

  test('does not call a statement that was cut off harmless', async () => {
    const { user } = parseDsn(database.accounts.dsn);
    const running = runStatement(
      context({ ...standard, statement: 's', step: 'step-4', sql: 'DO SLEEP(60)', onlyReads: false }),
    );
    const cut = async () => {
      const [found] = (await database.admin.query(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ? AND INFO = 'DO SLEEP(60)'",
        [user],
      )) as unknown as [{ ID: string }[]];
      expect(found).toHaveLength(1);
      await database.admin.query(`KILL CONNECTION ${found[0]?.ID}`);
    };
    const ended = expect(running).rejects.toMatchObject({ code: 'STATEMENT_UNCERTAIN' });
    await vi.waitFor(cut, { timeout: 20_000 });
    await ended;
  });
});
