import { randomUUID } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Row } from '../../src/datasource/column-types.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { openProgramSession, type ProgramSession } from '../../src/datasource/program-session.ts';
import { eachRow } from '../../src/datasource/row-stream.ts';
import { MillraceError } from '../../src/errors.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { listResults, readResultBatches, readStatementRules } from '../../src/ledger/results.ts';
import { storeResult } from '../../src/ledger/store-result.ts';
import { servers, useDatabase } from '../database.ts';
import { onlyReads } from '../sql/facts-of.ts';

/** More rows than anybody reads. The first arrive at once: a hash join in MySQL would collect all rows first. */
const endless = (columns: string) =>
  `SELECT /*+ NO_BNL() */ ${columns} FROM thousand AS a, thousand AS b, thousand AS c, thousand AS d`;

const patience = { timeout: 20_000, interval: 20 };

describe.each(servers)('Results on $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  let session: ProgramSession;
  const never = new AbortController().signal;

  beforeAll(async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    await pool.query('CREATE TABLE thousand (n INT PRIMARY KEY)');
    await pool.query('INSERT INTO thousand VALUES ?', [Array.from({ length: 1000 }, (_, n) => [n])]);
    await pool.query('CREATE TABLE written (n INT)');
    session = await openProgramSession(pool, { readOnly: false, statementSeconds: null });
  });
  afterAll(() => session.connection.destroy());

  interface Run {
    readonly statement?: string;
    readonly step?: string;
    readonly resultBytes?: number;
    readonly signal?: AbortSignal;
    readonly session?: ProgramSession;
  }

  function run(sql: string, { statement = randomUUID(), step = 'step-1', ...options }: Run = {}) {
    const { pool, systemSchema: schema } = database;
    const target = { pool, schema, statement, step, resultBytes: options.resultBytes ?? 1e9 };
    return storeResult(options.session ?? session, { sql, onlyReads: onlyReads(sql) }, target, options.signal ?? never);
  }

  async function rowsOf(statement: string, range: { from?: number; limit?: number } = {}, step = 'step-1') {
    const rows: Row[] = [];
    for await (const row of eachRow(
      readResultBatches(database.pool, database.systemSchema, { statement, step }, range),
    ))
      rows.push(row);
    return rows;
  }

  const stored = async (statement: string) =>
    (await listResults(database.pool, database.systemSchema, [statement])).get(statement);

  const running = async (part: string) => {
    const [rows] = await database.admin.query<RowDataPacket[]>(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE ? AND INFO NOT LIKE '%PROCESSLIST%'",
      [`%${part}%`],
    );
    return rows.length;
  };

  it('store the rows of a query, even if two columns have the same name', async () => {
    const statement = randomUUID();
    const columns = [
      { name: 'n', type: 'integer' },
      { name: 'n', type: 'integer' },
      { name: 'nothing', type: 'string' },
    ];
    const sql = 'SELECT a.n, b.n, NULL AS nothing FROM thousand AS a JOIN thousand AS b ON b.n = a.n + 1 WHERE a.n < 2';
    expect(await run(sql, { statement })).toEqual({ step: 'step-1', columns, rows: 2, truncated: false });
    expect(await stored(statement)).toEqual([{ step: 'step-1', columns, rows: 2, truncated: false }]);
    expect(await rowsOf(statement)).toEqual([
      [0, 1, null],
      [1, 2, null],
    ]);
  });

  it('store that a query returned no rows, and nothing for a statement that never returns rows', async () => {
    const [empty, nothing] = [randomUUID(), randomUUID()];
    await run('SELECT n FROM thousand WHERE n < 0', { statement: empty });
    expect(await stored(empty)).toEqual([
      { step: 'step-1', columns: [{ name: 'n', type: 'integer' }], rows: 0, truncated: false },
    ]);
    expect(await rowsOf(empty)).toEqual([]);
    expect(await run('INSERT INTO written VALUES (0)', { statement: nothing })).toBeNull();
    expect(await stored(nothing)).toBeUndefined();
  });

  it.each([
    ['SHOW', 'SHOW COLUMNS FROM thousand', 'Field', 'n'],
    ['DESCRIBE', 'DESCRIBE thousand', 'Field', 'n'],
    ['SHOW CREATE', 'SHOW CREATE TABLE thousand', 'Table', 'thousand'],
  ])('store the rows of %s', async (_, sql, name, value) => {
    const statement = randomUUID();
    await run(sql, { statement });
    const [result] = (await stored(statement))!;
    expect(result?.columns[0]).toEqual({ name, type: 'string' });
    expect((await rowsOf(statement))[0]?.[0]).toBe(value);
  });

  it('store the rows of EXPLAIN', async () => {
    const statement = randomUUID();
    await run('EXPLAIN SELECT * FROM thousand', { statement });
    expect(JSON.stringify(await rowsOf(statement))).toContain('thousand');
  });

  it('return any range of rows from many pieces', async () => {
    const statement = randomUUID();
    const sql =
      "SELECT 1000 * a.n + b.n AS n, REPEAT('x', 90) FROM thousand AS a, thousand AS b WHERE a.n < 10 ORDER BY 1";
    expect(await run(sql, { statement })).toMatchObject({ rows: 10_000, truncated: false });
    const [[pieces]] = await database.pool.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS n, MAX(LENGTH(\`rows\`)) AS longest FROM ${database.systemSchema}.result_rows WHERE statement_id = ?`,
      [statement],
    );
    expect(pieces).toEqual({ n: '4', longest: expect.any(String) });
    expect(Number(pieces?.longest)).toBeLessThanOrEqual(256 * 1024 + 2);
    const numbers = async (range: object) => (await rowsOf(statement, range)).map(([n]) => Number(n));
    const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
    expect(await numbers({})).toEqual(from(0, 10_000));
    expect(await numbers({ from: 2345, limit: 5001 })).toEqual(from(2345, 5001));
    expect(await numbers({ from: 9_999 })).toEqual([9_999]);
    expect(await numbers({ from: 10_000 })).toEqual([]);
    expect(await numbers({ limit: 0 })).toEqual([]);
  });

  it('replace the rows of the first attempt by those of a retry', async () => {
    const statement = randomUUID();
    await run("SELECT n, REPEAT('x', 1000) FROM thousand", { statement });
    await run('SELECT n FROM thousand WHERE n IN (5, 6)', { statement });
    expect(await rowsOf(statement)).toEqual([[5], [6]]);
    await run("SELECT n, REPEAT('y', 1000) FROM thousand", { statement });
    expect((await rowsOf(statement)).map(([n]) => n)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    await run('SELECT n FROM thousand WHERE n < 0', { statement });
    expect(await rowsOf(statement)).toEqual([]);
    expect(await stored(statement)).toMatchObject([{ rows: 0 }]);
  });

  it('are listed for several statements, each in the order of its steps', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await database.pool.query(
      `INSERT INTO ${database.systemSchema}.steps (statement_id, step, position, state) VALUES ?`,
      [['step-9', 'step-10'].map((step, position) => [one, step, position, 'succeeded'])],
    );
    for (const step of ['step-10', 'step-9']) await run('SELECT 1', { statement: one, step });
    await run('SELECT 1', { statement: two });
    const results = await listResults(database.pool, database.systemSchema, [one, two, randomUUID()]);
    expect([...results].map(([id, all]) => [id, all.map(({ step }) => step)]).sort()).toEqual(
      [
        [one, ['step-9', 'step-10']],
        [two, ['step-1']],
      ].sort(),
    );
    expect(await listResults(database.pool, database.systemSchema, [])).toEqual(new Map());
  });

  it('stop an endless query once enough rows are stored, and the session continues in its transaction', async () => {
    const statement = randomUUID();
    await run('SET @kept = 7');
    await run('START TRANSACTION');
    await run('INSERT INTO written VALUES (77)');
    const sql = endless("a.n, REPEAT('x', 1000) AS wide");
    const result = await run(sql, { statement, resultBytes: 3_000_000 });
    expect(result).toMatchObject({ truncated: true, rows: expect.any(Number) });
    expect(result!.rows).toBeGreaterThan(2900);
    expect(result!.rows).toBeLessThan(3000);
    expect(await rowsOf(statement)).toHaveLength(result!.rows);
    expect(await running('AS wide')).toBe(0);
    await run('SELECT @kept AS k, COUNT(*) AS n FROM written WHERE n = 77', { statement });
    expect(await rowsOf(statement)).toEqual([['7', '1']]);
    await run('ROLLBACK');
    await run('SELECT COUNT(*) AS n FROM written WHERE n = 77', { statement });
    expect(await rowsOf(statement)).toEqual([['0']]);
  });

  it('contain no rows if even the first is too large', async () => {
    const statement = randomUUID();
    expect(await run("SELECT REPEAT('x', 100)", { statement, resultBytes: 100 })).toMatchObject({
      rows: 0,
      truncated: true,
    });
    expect(await rowsOf(statement)).toEqual([]);
  });

  it('omit a row that is too large for a packet of the server, and all later rows', async () => {
    const statement = randomUUID();
    const long = "SELECT CAST(REPEAT('x', 0.8 * @@max_allowed_packet) AS BINARY) AS b";
    expect(await run(`SELECT 'first' AS b UNION ALL ${long} UNION ALL SELECT 'last'`, { statement })).toMatchObject({
      rows: 1,
      truncated: true,
    });
    expect(await rowsOf(statement)).toEqual([[Buffer.from('first').toString('base64')]]);
    expect(await run("SELECT REPEAT('x', 5000000) AS b", { statement })).toMatchObject({ rows: 1, truncated: false });
    expect(await rowsOf(statement)).toEqual([['x'.repeat(5_000_000)]]);
  });

  it('contain the last result set of a procedure, which always runs to its end', async () => {
    const statement = randomUUID();
    await database.pool.query(
      `CREATE PROCEDURE p() BEGIN
         SELECT n, REPEAT('x', 1000) AS wide FROM thousand;
         INSERT INTO written VALUES (88);
         SELECT n AS last FROM written WHERE n = 88;
       END`,
    );
    expect(await run('CALL p()', { statement })).toMatchObject({ rows: 1, truncated: false });
    expect(await rowsOf(statement)).toEqual([[88]]);
    await database.pool.query(
      'CREATE PROCEDURE q() BEGIN SELECT n FROM thousand; INSERT INTO written VALUES (89); END',
    );
    expect(await run('CALL q()', { statement, resultBytes: 100 })).toMatchObject({ truncated: true });
    const [written] = await database.pool.query('SELECT n FROM written WHERE n = 89');
    expect(written).toEqual([{ n: 89 }]);
  });

  it.runIf(server.name === 'MariaDB')('do not undo a DELETE that returns more rows than are stored', async () => {
    await database.pool.query('CREATE TABLE gone AS SELECT n FROM thousand');
    expect(await run('DELETE FROM gone RETURNING n', { resultBytes: 100 })).toMatchObject({ truncated: true });
    expect((await database.pool.query('SELECT * FROM gone'))[0]).toEqual([]);
  });

  it('mark timestamps as UTC only if the session uses UTC', async () => {
    const zoned = await openProgramSession(database.pool, { readOnly: false, statementSeconds: null });
    const type = async () => (await run('SELECT t FROM zoned', { session: zoned }))?.columns[0]?.type;
    await run('CREATE TABLE zoned (t TIMESTAMP NULL)', { session: zoned });
    expect(await type()).toBe('timestamp');
    await run("SET time_zone = '+02:00'", { session: zoned });
    expect(await type()).toBe('datetime');
    await run("SET time_zone = '+00:00'", { session: zoned });
    expect(await type()).toBe('timestamp');
    zoned.connection.destroy();
  });

  it('stop the statement in the database when it is aborted', async () => {
    const abort = new AbortController();
    const statement = randomUUID();
    const sql = endless('a.n AS aborted');
    const ended = run(sql, { statement, signal: abort.signal }).catch((error: unknown) => error);
    await vi.waitFor(async () => {
      const [[row]] = await database.pool.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS n FROM ${database.systemSchema}.result_rows WHERE statement_id = ?`,
        [statement],
      );
      expect(Number(row?.n)).toBeGreaterThan(2);
    }, patience);
    abort.abort(new MillraceError('CANCELLED', 'enough'));
    expect(await ended).toBe(abort.signal.reason);
    expect(await running('AS aborted')).toBe(0);
    expect(await stored(statement)).toBeUndefined();
    expect(await run('SELECT 1', { statement })).toMatchObject({ rows: 1 });
    expect(await run('SELECT 1', { signal: abort.signal }).catch((error: unknown) => error)).toBe(abort.signal.reason);
  });

  it('stop a waiting statement when it is aborted', async () => {
    const abort = new AbortController();
    const ended = run('DO SLEEP(997)', { signal: abort.signal }).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await running('SLEEP(997)')).toBe(1), patience);
    abort.abort(new MillraceError('CANCELLED', 'enough'));
    expect(await ended).toBe(abort.signal.reason);
    expect(await running('SLEEP(997)')).toBe(0);
  });

  it("report the database's error, even after the first rows", async () => {
    for (const wrong of ['SELECT * FROM absent', 'SELEC 1', 'SELECT absent FROM thousand'])
      expect(await run(wrong).catch((error: unknown) => error)).toMatchObject({ code: 'QUERY_REFUSED' });
    const statement = randomUUID();
    const late = "SELECT n, IF(n < 900, n, (SELECT n FROM thousand)), REPEAT('x', 5000) FROM thousand ORDER BY n";
    expect(await run(late, { statement }).catch((error: unknown) => error)).toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('Subquery returns more than 1 row'),
    });
    expect(await stored(statement)).toBeUndefined();
    expect(await run('SELECT 1', { statement })).toMatchObject({ rows: 1 });
  });

  it('report that the connection was lost in the middle of the rows', async () => {
    const pool = openPool(database.datasource, { connections: 2 });
    const lost = await openProgramSession(pool, { readOnly: false, statementSeconds: null });
    const sql = endless('a.n AS lost');
    const ended = run(sql, { session: lost }).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await running('AS lost')).toBe(1), patience);
    await database.admin.query(`KILL ${lost.connection.threadId}`);
    expect(await ended).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await pool.end();
  });

  it('of a read-only session are stored, although the session cannot write', async () => {
    const reader = await openProgramSession(database.pool, { readOnly: true, statementSeconds: null });
    const statement = randomUUID();
    expect(await run('SELECT 1 AS one', { session: reader, statement })).toMatchObject({ rows: 1 });
    for (const sql of ['INSERT INTO written VALUES (99)', 'CREATE TABLE absent (n INT)', 'DROP TABLE written'])
      expect(await run(sql, { session: reader }).catch((error: unknown) => error)).toMatchObject({
        code: 'QUERY_FAILED',
        message: expect.stringMatching(/read.only/i),
      });
    reader.connection.destroy();
  });

  it.each([
    'SELECT SLEEP(60) AS ended',
    'INSERT INTO written SELECT 4711 FROM thousand WHERE SLEEP(1) = 0 AND n < 60',
    `${endless('a.n AS ended')} WHERE a.n + b.n + c.n + d.n < 0`,
  ])('do not exist for %s, which is stopped in the database after its timeout', async (sql) => {
    const limited = await openProgramSession(database.pool, { readOnly: false, statementSeconds: 1 });
    await expect(run(sql, { session: limited })).rejects.toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      message: 'step-1 ran longer than 1 s and was stopped',
      hint: expect.stringContaining('maxStatementSeconds'),
    });
    expect(await running(sql)).toBe(0);
    expect(await run('SELECT COUNT(*) FROM written WHERE n = 4711', { session: limited })).toMatchObject({ rows: 1 });
    const [written] = await database.pool.query<RowDataPacket[]>('SELECT n FROM written WHERE n = 4711');
    expect(written).toEqual([]);
    limited.connection.destroy();
  });

  it('follow the rules of the server', async () => {
    const [asked, own] = [randomUUID(), randomUUID()];
    await database.pool.query(
      `INSERT INTO ${database.systemSchema}.submissions (statement_id, read_only, result_bytes, statement_seconds) VALUES (?, TRUE, 12345, 7)`,
      [asked],
    );
    const { pool, systemSchema } = database;
    expect(await readStatementRules(pool, systemSchema, asked)).toEqual({
      readOnly: true,
      resultBytes: 12345,
      statementSeconds: 7,
    });
    expect(await readStatementRules(pool, systemSchema, own)).toEqual({
      readOnly: false,
      resultBytes: 2 ** 26,
      statementSeconds: null,
    });
  });
});
