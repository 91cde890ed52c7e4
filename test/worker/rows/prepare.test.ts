import { beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../../src/datasource/dsn.ts';
import { quoteTable } from '../../../src/datasource/identifiers.ts';
import { partitionRows } from '../../../src/ledger/shares.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { servers } from '../../database.ts';
import { useWorker } from '../use-worker.ts';

describe.each(servers)('prepare on $name', (server) => {
  const worker = useWorker(server);

  beforeAll(async () => {
    await worker.query('CREATE TABLE shot (id INT PRIMARY KEY, file_name VARCHAR(50), camera INT)');
    await worker.query("INSERT INTO shot VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 1), (4, 'd', 2), (5, 'e', 1)");
    await worker.query('CREATE TABLE camera (id INT PRIMARY KEY, place VARCHAR(50))');
    await worker.query("INSERT INTO camera VALUES (1, 'gate'), (2, 'yard')");
  });

  it.each([
    ['ORDER BY', 'SELECT file_name FROM shot ORDER BY id DESC', 'edcba'],
    ['ORDER BY what is not selected', 'SELECT file_name FROM shot ORDER BY camera DESC, id', 'bdace'],
    ['LIMIT with an offset', 'SELECT file_name FROM shot ORDER BY id LIMIT 1, 3', 'bcd'],
    [
      'a join',
      'SELECT s.file_name, c.place FROM shot AS s JOIN camera AS c ON c.id = s.camera ORDER BY c.place DESC, s.id DESC',
      'dbeca',
    ],
    ['a common table expression', 'WITH odd AS (SELECT * FROM shot WHERE id % 2) SELECT * FROM odd ORDER BY id', 'ace'],
    ['brackets', '(SELECT file_name FROM shot ORDER BY id DESC LIMIT 2)', 'ed'],
    ['UNION', 'SELECT file_name FROM shot WHERE id < 3 UNION SELECT file_name FROM shot ORDER BY 1 DESC', 'edcba'],
    [
      'UNION ALL of bracketed queries',
      '(SELECT file_name FROM shot WHERE id = 4) UNION ALL (SELECT file_name FROM shot ORDER BY id LIMIT 2)',
      'dab',
    ],
    ['DISTINCT', 'SELECT DISTINCT camera AS file_name FROM shot ORDER BY camera DESC', '21'],
    ['GROUP BY', 'SELECT MAX(file_name) AS file_name FROM shot GROUP BY camera ORDER BY camera DESC', 'de'],
    ['a window', 'SELECT file_name, ROW_NUMBER() OVER (ORDER BY id DESC) AS place FROM shot ORDER BY place', 'edcba'],
    ['a comment at the end', 'SELECT file_name FROM shot ORDER BY id -- all', 'abcde'],
  ])('numbers the rows in the order of %s', async (_, select, files) => {
    const context = worker.context('unwritten', select);
    await prepare(context);
    const rows = await worker.selection(context);
    expect(rows.map(({ file_name }) => String(file_name)).join('')).toBe(files);
    expect(rows.map(({ millrace_row }) => Number(millrace_row))).toEqual([...files].map((_, index) => index + 1));
  });

  it('lays out the partitions and writes down what it selected', async () => {
    const context = worker.context('unwritten', 'SELECT id, file_name FROM shot ORDER BY id', { partitions: 3 });
    await prepare(context);
    expect(
      await worker.query(
        `SELECT partition_no, first_row, last_row, state FROM ${quoteTable({ database: context.schema, table: 'partitions' })}
         WHERE selection_id = ? ORDER BY partition_no`,
        [context.names.id],
      ),
    ).toEqual([
      { partition_no: 0, first_row: '1', last_row: '1', state: 'pending' },
      { partition_no: 1, first_row: '2', last_row: '3', state: 'pending' },
      { partition_no: 2, first_row: '4', last_row: '5', state: 'pending' },
    ]);
    expect(await selectionRow(context)).toEqual([
      { step: 'step-1', state: 'ready', row_count: '5', columns: '["id","file_name"]' },
    ]);
  });

  it('changes nothing when it is started again, even where the source has changed', async () => {
    await worker.query("CREATE TABLE growing AS SELECT 1 AS id, 'a' AS file_name");
    const context = worker.context('unwritten', 'SELECT * FROM growing');
    await prepare(context);
    const before = [await worker.selection(context), await selectionRow(context)];
    await worker.query("INSERT INTO growing VALUES (2, 'b')");
    await prepare(context);
    expect([await worker.selection(context), await selectionRow(context)]).toEqual(before);
    expect(before[0]).toEqual([{ millrace_row: '1', id: 1, file_name: 'a' }]);
  });

  it('starts afresh where an earlier start was cut off before it had finished', async () => {
    const context = worker.context('unwritten', 'SELECT file_name FROM shot');
    await worker.query(`CREATE TABLE ${quoteTable(context.names.selection)} (half INT)`);
    await worker.query(`CREATE TABLE ${quoteTable(context.names.staging)} (half INT)`);
    await prepare(context);
    expect(await worker.selection(context)).toHaveLength(5);
  });

  it.each([
    [
      'a query that the database refuses',
      'SELECT nothing FROM shot',
      { code: 'QUERY_FAILED', message: expect.stringMatching(/^the database says: Unknown column 'nothing' in/) },
    ],
    [
      'a query that fails while it runs',
      'SELECT file_name, (SELECT id FROM camera) AS one FROM shot',
      { code: 'QUERY_FAILED', message: 'the database says: Subquery returns more than 1 row' },
    ],
    [
      'two columns of one name',
      'SELECT file_name, id AS FILE_NAME FROM shot',
      { code: 'DUPLICATE_COLUMN', message: "the query selects two columns named 'FILE_NAME'" },
    ],
    [
      "a column with the name of one of the result's",
      'SELECT file_name, 1 AS Score FROM shot',
      { code: 'DUPLICATE_COLUMN', message: "the query selects 'Score', a name reserved for a column of the result" },
    ],
    [
      'a column with the name of the numbering',
      'SELECT 7 AS millrace_row, file_name FROM shot',
      {
        code: 'DUPLICATE_COLUMN',
        message: "the query selects 'millrace_row', a name reserved for a column of the result",
      },
    ],
    [
      'no column of images',
      'SELECT id FROM shot',
      { code: 'NO_IMAGE_COLUMN', message: 'no selected column is known to hold the paths of images' },
    ],
  ])('refuses %s and leaves nothing', async (_, select, error) => {
    const context = worker.context('refused', select);
    await expect(prepare(context)).rejects.toMatchObject(error);
    expect(await tablesOf(context)).toEqual([]);
    expect(await selectionRow(context)).toEqual([]);
  });

  it('refuses a table in a database that is not there, or has no rights in, before any work', async () => {
    const database = `locked_${worker.database.name}`;
    const context = worker.context('x', 'SELECT file_name FROM shot', { into: { database, table: 'detections' } });
    await expect(prepare(context)).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: `there is no database '${database}' for the table 'detections'`,
    });
    await worker.database.admin.query(`CREATE DATABASE ${database}`);
    const { admin, accounts } = worker.database;
    const [user, system] = [accounts.dsn, accounts.systemDsn].map((dsn) => parseDsn(dsn).user);
    for (const each of [user, system]) await admin.query(`GRANT SELECT ON ${database}.* TO ?@'%'`, [each]);
    await expect(prepare(context)).rejects.toMatchObject({
      code: 'DATABASE_RIGHTS',
      message: expect.stringMatching(
        /^the database says: INSERT, CREATE command denied to user .* for table .*detections/,
      ),
    });
    await admin.query(`GRANT CREATE, INSERT, ALTER, DROP ON ${database}.* TO ?@'%'`, [system]);
    await expect(prepare(context)).rejects.toMatchObject({
      code: 'DATABASE_RIGHTS',
      message: `the account of statements may not write \`${database}\`.\`detections\``,
    });
    expect(await tablesOf(context)).toEqual([]);
    await admin.query(`DROP DATABASE ${database}`);
  });

  it('refuses a table that exists and a view', async () => {
    const context = (table: string, writeMode: 'fail' | 'overwrite') =>
      worker.context(table, 'SELECT file_name FROM shot', { writeMode });
    await worker.query('CREATE VIEW seen AS SELECT file_name FROM shot');
    await expect(prepare(context('shot', 'fail'))).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
    await expect(prepare(context('seen', 'fail'))).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
    await expect(prepare(context('seen', 'overwrite'))).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
  });

  const selectionRow = (context: ReturnType<typeof worker.context>) =>
    worker.query(
      `SELECT step, state, row_count, columns FROM ${quoteTable({ database: context.schema, table: 'selections' })}
       WHERE selection_id = ?`,
      [context.names.id],
    );

  const tablesOf = ({ names, task }: ReturnType<typeof worker.context>) =>
    worker.query(
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME IN (?, ?) OR (TABLE_SCHEMA = ? AND TABLE_NAME = ?)`,
      [names.selection.table, names.staging.table, task.into!.database, task.into!.table],
    );
});

describe('the partitions of a selection', () => {
  it.each([
    [10, 3, '1-3 4-6 7-10'],
    [2, 4, '1-1 2-2'],
    [1, 10_000, '1-1'],
    [0, 2, ''],
    [7, 1, '1-7'],
  ])('of %i rows in %i partitions are %s', (rows, partitions, ranges) => {
    expect(
      partitionRows(rows, partitions)
        .map(({ first, last }) => `${first}-${last}`)
        .join(' '),
    ).toBe(ranges);
  });
});
