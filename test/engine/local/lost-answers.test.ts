import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachRow } from '../../../src/datasource/row-stream.ts';
import { listResults, readResultBatches } from '../../../src/ledger/results.ts';
import { openSession, type Session } from '../../../src/service/session.ts';
import { mariadb } from '../../database.ts';
import { type DatabaseProxy, openDatabaseProxy } from '../../server/campaign/database-proxy.ts';
import { ended, submit, useSession } from '../../use-session.ts';

// The account of the system schema has its own connection, which may be lost while the other one works.
describe('The result of a standard statement', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  let proxy: DatabaseProxy;
  let session: Session;
  let next = 0;

  beforeAll(async () => {
    proxy = await openDatabaseProxy(test.database.datasource);
    session = await openSession({ ...test.config, systemDsn: proxy.through(test.config.systemDsn!) }, () => {});
    await test.database.pool.query('CREATE TABLE noted (n INT)');
  });
  afterAll(async () => {
    await session.close();
    await proxy.close();
  });

  async function rowsOf(id: string, step: string): Promise<number> {
    const { pool, systemSchema: schema } = test.database;
    let rows = 0;
    for await (const _ of eachRow(readResultBatches(pool, schema, { statement: id, step }))) rows++;
    return rows;
  }

  it.each([
    ['its rows', '.`result_rows`', ''],
    ['its columns', '.`results`', ''],
    ['the commit of its rows', 'COMMIT', '.`results`'],
    ['its count', 'SET affected_rows = ', ''],
    ['the end of its step', "SET state = 'succeeded'", ''],
    ['the commit of its end', 'COMMIT', "SET state = 'succeeded' WHERE"],
  ])('is stored once even if the answer about %s is lost', async (_, text, after) => {
    const wasLost = proxy.loseAnswerTo(text, after);
    const n = ++next;
    // More than a piece of 256 KiB.
    const id = await submit(
      session,
      `INSERT INTO noted VALUES (${n}); SELECT a.id, REPEAT('x', 200) AS pad FROM shot AS a LIMIT 3000`,
    );
    const { state, error, steps } = await ended(session, id);
    expect({ state, error, lost: wasLost() }).toEqual({ state: 'succeeded', error: null, lost: true });
    expect(steps.map(({ affectedRows }) => affectedRows)).toEqual([1, null]);
    expect(await test.query('SELECT n FROM noted WHERE n = ?', [n])).toEqual([{ n }]);
    expect(await rowsOf(id, 'step-2')).toBe(3000);
    const results = await listResults(test.database.pool, test.database.systemSchema, [id]);
    expect(results.get(id)?.map(({ step, rows, truncated }) => [step, rows, truncated])).toEqual([
      ['step-2', 3000, false],
    ]);
  });

  it.each([
    ['count', 'UPDATE', 'steps', 'INSERT INTO noted VALUES (?)'],
    ['rows', 'INSERT', 'results', 'INSERT INTO noted VALUES (?) RETURNING n'],
  ])('is uncertain if its %s cannot be stored, because the statement has run', async (what, event, table, sql) => {
    const { admin, systemSchema: schema } = test.database;
    const full = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'";
    const condition = what === 'count' ? 'NEW.affected_rows IS NOT NULL' : 'TRUE';
    await admin.query(
      `CREATE TRIGGER ${schema}.full_disk BEFORE ${event} ON ${schema}.${table} FOR EACH ROW
       IF ${condition} THEN ${full}; END IF`,
    );
    const n = ++next;
    const id = await submit(session, sql.replace('?', String(n)));
    const { state, error } = await ended(session, id);
    await admin.query(`DROP TRIGGER ${schema}.full_disk`);
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'STATEMENT_UNCERTAIN' });
    expect(error?.message).toContain('the database executed step-1, but its result could not be stored');
    expect(await test.query('SELECT n FROM noted WHERE n = ?', [n])).toEqual([{ n }]);
  });
});
