import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Row } from '../../../src/datasource/column-types.ts';
import { eachRow } from '../../../src/datasource/row-stream.ts';
import { listResults, readResultBatches } from '../../../src/ledger/results.ts';
import type { ServerSubmission } from '../../../src/ledger/statement-status.ts';
import { mariadb } from '../../database.ts';
import { ended, submissionOf, submit, useSession } from '../../use-session.ts';

const patience = { timeout: 20_000, interval: 20 };

describe('Standard statements of the local engine', { timeout: 60_000 }, () => {
  const test = useSession(mariadb);
  beforeAll(() => test.database.pool.query('CREATE TABLE noted (n INT)'));

  /** Steps with their rows. */
  async function resultsOf(id: string): Promise<Record<string, Row[]>> {
    const { pool, systemSchema: schema } = test.database;
    const results: Record<string, Row[]> = {};
    for (const { step } of (await listResults(pool, schema, [id])).get(id) ?? []) {
      results[step] = [];
      for await (const row of eachRow(readResultBatches(pool, schema, { statement: id, step })))
        results[step].push(row);
    }
    return results;
  }

  async function submitToServer(text: string, rules: Partial<ServerSubmission>): Promise<string> {
    const server = { readOnly: false, resultBytes: 1000, statementSeconds: null, labels: {}, ...rules };
    const submission = { ...(await submissionOf(test.session, text)), server };
    await test.session.engine.submit(submission);
    return submission.id;
  }

  it("run in a session with the database's defaults, as in its own client", async () => {
    const same = ['time_zone', 'sql_mode', 'tx_isolation'].map((name) => `@@session.${name} = @@global.${name}`);
    const id = await submit(test.session, `SELECT ${same.join(' AND ')}`);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await resultsOf(id)).toEqual({ 'step-1': [[1]] });
  });

  it('are uncertain if the connection is lost while the database executes one', async () => {
    const sql = 'INSERT INTO noted SELECT 77 + SLEEP(30)';
    const id = await submit(test.session, sql);
    const cut = async () => {
      const [found] = await test.database.admin.query<RowDataPacket[]>(
        'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO = ?',
        [sql],
      );
      expect(found).toHaveLength(1);
      await test.database.admin.query(`KILL CONNECTION ${found[0]?.id}`);
    };
    await vi.waitFor(cut, patience);
    expect(await ended(test.session, id)).toMatchObject({ state: 'failed', error: { code: 'STATEMENT_UNCERTAIN' } });
  });

  it('share one session, and the rows of each are stored, even if its transaction is rolled back', async () => {
    const id = await submit(
      test.session,
      `SET @x = 3; START TRANSACTION; INSERT INTO noted VALUES (@x);
       SELECT n FROM noted; ROLLBACK; SELECT COUNT(*) AS n FROM noted; DO 1`,
    );
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await resultsOf(id)).toEqual({ 'step-4': [[3]], 'step-6': [['0']] });
  });

  it('keep their rows if a later statement fails, until a retry replaces them', async () => {
    const id = await submit(test.session, 'SELECT 1 AS one; SELECT COUNT(*) AS n FROM late');
    expect((await ended(test.session, id)).state).toBe('failed');
    expect(await resultsOf(id)).toEqual({ 'step-1': [[1]] });
    await test.query('CREATE TABLE late (n INT)');
    await test.session.engine.retry(id);
    expect((await ended(test.session, id)).state).toBe('succeeded');
    expect(await resultsOf(id)).toEqual({ 'step-1': [[1]], 'step-2': [['0']] });
  });

  it('may only read if the server says so, and store no more rows than it allows', async () => {
    const id = await submitToServer("SELECT REPEAT('x', 20) FROM shot; INSERT INTO noted VALUES (9)", {
      readOnly: true,
      resultBytes: 100,
    });
    const { state, error } = await ended(test.session, id);
    expect([state, error?.code]).toEqual(['failed', 'QUERY_FAILED']);
    expect(error?.message).toMatch(/read.only/i);
    expect(await resultsOf(id)).toEqual({ 'step-1': new Array(4).fill(['x'.repeat(20)]) });
    const results = await listResults(test.database.pool, test.database.systemSchema, [id]);
    expect(results.get(id)?.map(({ truncated }) => truncated)).toEqual([true]);
    expect(await test.query('SELECT * FROM noted WHERE n = 9')).toEqual([]);
  });

  it("report how many rows they changed, as the database's own client does", async () => {
    const id = await submit(
      test.session,
      `CREATE TABLE counted AS SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3; UPDATE counted SET n = 9 WHERE n < 3;
       UPDATE counted SET n = 9 WHERE n = 9; /* all */ DELETE FROM counted WHERE n = 9; DELETE FROM counted WHERE n = 9;
       SELECT n FROM counted; SET @x = 1`,
    );
    const { state, steps } = await ended(test.session, id);
    expect(state).toBe('succeeded');
    expect(steps.map(({ affectedRows }) => affectedRows)).toEqual([3, 2, 0, 2, 0, null, 0]);
  });

  it('are stopped if they run longer than the server allows, and earlier ones are kept', async () => {
    const id = await submitToServer('INSERT INTO noted VALUES (41); SELECT SLEEP(100); INSERT INTO noted VALUES (42)', {
      statementSeconds: 1,
    });
    const { state, error, steps } = await ended(test.session, id);
    expect([state, error?.code]).toEqual(['failed', 'STATEMENT_TIMEOUT']);
    expect(error?.message).toBe('step-2 ran longer than 1 s and was stopped');
    expect(steps.map((step) => step.state)).toEqual(['succeeded', 'failed', 'pending']);
    expect(await test.query('SELECT n FROM noted WHERE n IN (41, 42)')).toEqual([{ n: 41 }]);
  });

  it('stop in the database when they are cancelled in the middle of their rows', async () => {
    const sql = 'SELECT a.id AS cancelled FROM shot AS a, shot AS b, shot AS c, shot AS d';
    const id = await submitToServer(sql, { resultBytes: 2 ** 40 });
    const { systemSchema } = test.database;
    await vi.waitFor(async () => {
      const pieces = await test.query(`SELECT 1 FROM ${systemSchema}.result_rows WHERE statement_id = ?`, [id]);
      expect(pieces.length).toBeGreaterThan(2);
    }, patience);
    await test.session.engine.cancel(id);
    expect((await ended(test.session, id)).state).toBe('cancelled');
    const running = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT a.id AS cancelled%'";
    expect(await test.query(running)).toEqual([]);
    expect(await resultsOf(id)).toEqual({});
  });
});
