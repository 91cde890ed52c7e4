import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDsn } from '../../../src/datasource/dsn.ts';
import { quoteTable } from '../../../src/datasource/identifiers.ts';
import type { RowsContext } from '../../../src/worker/context.ts';
import { finish } from '../../../src/worker/rows/finish.ts';
import { partitions } from '../../../src/worker/rows/partitions.ts';
import { prepare } from '../../../src/worker/rows/prepare.ts';
import { writeBatch } from '../../../src/worker/rows/write-batch.ts';
import { servers } from '../../database.ts';
import { draw, runWorkers, useWorker } from '../use-worker.ts';

describe.each(servers)('finish on $name', (server) => {
  const worker = useWorker(server);
  const select = "SELECT 1 AS id, 'scene-1.jpg' AS file_name UNION ALL SELECT 2, 'scene-2.jpg'";
  const idsOf = async (table: string) =>
    (await worker.query(`SELECT DISTINCT id FROM ${table} ORDER BY id`)).map(({ id }) => Number(id));

  beforeAll(() => writeFile(join(worker.pictures.folder, 'broken.jpg'), 'no picture'));

  /** What `prepare` and the partitions leave behind, with a box per image that no model has found. */
  async function detect(context: RowsContext): Promise<void> {
    await prepare(context);
    const box = [0, 'cat', 0.5, 0, 0, 1, 1];
    const outcome = { outputs: [box], timings: { decodeMs: 0, inferMs: 0 } };
    const rows = (await worker.selection(context)).map(({ millrace_row }) => ({ row: String(millrace_row) }));
    await writeBatch(context, await draw(context), ['id', 'file_name'], { rows, outcomes: rows.map(() => outcome) }, 0);
  }

  async function detectAndFinish(context: RowsContext): Promise<void> {
    await detect(context);
    await finish(context);
  }

  it('publishes nothing before every row is in the ledger', async () => {
    const context = worker.context('early', select, { partitions: 2 });
    await expect(finish(context)).rejects.toMatchObject({ code: 'TASK_INVALID' });
    await prepare(context);
    await draw(context, 1);
    await partitions(context, 0);
    await expect(finish(context)).rejects.toMatchObject({
      code: 'ROWS_MISSING',
      message: 'the ledger holds 1 of 2 rows',
    });
    expect(await worker.query("SHOW TABLES LIKE 'early'")).toEqual([]);
    await runWorkers(context);
    expect(await idsOf('early')).toEqual([1, 2]);
  });

  it('leaves nothing in the system schema, and changes nothing when started again', async () => {
    const context = worker.context('cleared', select);
    await detectAndFinish(context);
    const rows = await worker.query('SELECT * FROM cleared');
    await worker.query(`CREATE TABLE ${quoteTable(context.names.selection)} (left_by_a_crash INT)`);
    await runWorkers(context);
    expect(await worker.query('SELECT * FROM cleared')).toEqual(rows);
    expect(await ownTables(context)).toEqual([]);
  });

  describe("with write_mode 'fail'", () => {
    it('refuses a table that was made while the statement ran; a retry only publishes', async () => {
      const context = worker.context('meanwhile', select);
      await detect(context);
      await worker.query('CREATE TABLE meanwhile (mine INT)');
      await expect(finish(context)).rejects.toMatchObject({
        code: 'TABLE_EXISTS',
        message: `the table \`${worker.database.name}\`.\`meanwhile\` was made while the statement ran`,
        hint: 'rename or drop that table, then retry: only publishing is left to do',
      });
      expect(await worker.query('SELECT * FROM meanwhile')).toEqual([]);
      await worker.query('DROP TABLE meanwhile');
      await worker.query(`UPDATE ${system(context, 'partitions')} SET attempt = 7 WHERE selection_id = ?`, [
        context.names.id,
      ]);
      await runWorkers(context);
      expect(await idsOf('meanwhile')).toEqual([1, 2]);
      const attempts = `SELECT DISTINCT attempt FROM ${system(context, 'partitions')} WHERE selection_id = ?`;
      expect(await worker.query(attempts, [context.names.id])).toEqual([{ attempt: 7 }]);
    });
  });

  describe("with write_mode 'overwrite'", () => {
    it('shows readers the old table until the new one is complete', async () => {
      await worker.query('CREATE TABLE replaced AS SELECT 99 AS id');
      const context = worker.context('replaced', select, { writeMode: 'overwrite' });
      await detect(context);
      expect(await idsOf('replaced')).toEqual([99]);
      await finish(context);
      expect(await idsOf('replaced')).toEqual([1, 2]);
      expect(await ownTables(context)).toEqual([]);
    });

    it('stops waiting for who reads the old table when it is told to end', async () => {
      await worker.query('CREATE TABLE being_read AS SELECT 99 AS id');
      const ending = new AbortController();
      const context = { ...worker.context('being_read', select, { writeMode: 'overwrite' }), signal: ending.signal };
      await detect(context);
      const reader = await worker.database.pool.getConnection();
      await reader.beginTransaction();
      await reader.query('SELECT * FROM being_read');
      const finishing = finish(context);
      const waiting = () =>
        queryAsAdmin(
          "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock%' AND INFO LIKE 'RENAME%being_read%'",
        );
      await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { timeout: 20_000 });
      ending.abort(new Error('told to end'));
      await expect(finishing).rejects.toThrow('told to end');
      expect(await waiting()).toEqual([]);
      await reader.commit();
      reader.release();
      expect(await idsOf('being_read')).toEqual([99]);
      await finish({ ...context, signal: new AbortController().signal });
      expect(await idsOf('being_read')).toEqual([1, 2]);
    });

    it('makes the table where there is none', async () => {
      await detectAndFinish(worker.context('fresh', select, { writeMode: 'overwrite' }));
      expect(await idsOf('fresh')).toEqual([1, 2]);
    });

    it('keeps the old table where rows fail', async () => {
      await worker.query('CREATE TABLE kept AS SELECT 99 AS id');
      const broken = "SELECT 1 AS id, 'broken.jpg' AS file_name";
      const context = worker.context('kept', broken, { writeMode: 'overwrite' });
      await expect(runWorkers(context)).rejects.toMatchObject({ code: 'ROWS_FAILED' });
      expect(await idsOf('kept')).toEqual([99]);
    });

    it.each([
      ['before the table has its name', 0],
      ['after the table has its name', 1],
      ['after the old table is dropped', 2],
    ])('started again after a crash %s ends in the same state', async (_, steps) => {
      const table = `crashed_${steps}`;
      await worker.query(`CREATE TABLE ${table} AS SELECT 99 AS id`);
      const context = worker.context(table, select, { writeMode: 'overwrite' });
      const { names, task } = context;
      await detect(context);
      const [into, staging, replaced] = [task.into!, names.staging, names.replaced].map(quoteTable);
      const done = [
        `UPDATE ${system(context, 'selections')} SET state = 'publishing' WHERE statement_id = '${task.statement}'`,
        `RENAME TABLE ${into} TO ${replaced}, ${staging} TO ${into}`,
        `DROP TABLE ${replaced}`,
      ].slice(0, steps + 1);
      for (const sql of done) await worker.query(sql);
      await runWorkers(context);
      expect(await idsOf(table)).toEqual([1, 2]);
      expect(await ownTables(context)).toEqual([]);
    });
  });

  describe("with write_mode 'append'", () => {
    it('makes the table, and adds to it what another statement finds', async () => {
      await detectAndFinish(worker.context('grown', select, { writeMode: 'append' }));
      const [before] = await worker.query('SELECT COUNT(*) AS n FROM grown');
      await detectAndFinish(worker.context('grown', select, { writeMode: 'append' }));
      expect(await worker.query('SELECT COUNT(*) AS n FROM grown')).toEqual([{ n: String(2 * Number(before?.n)) }]);
      expect(await idsOf('grown')).toEqual([1, 2]);
    });

    it('adds to what another write mode made', async () => {
      await detectAndFinish(worker.context('made', select));
      await detectAndFinish(
        worker.context('made', "SELECT 3 AS id, 'scene-3.jpg' AS file_name", { writeMode: 'append' }),
      );
      expect(await idsOf('made')).toEqual([1, 2, 3]);
    });

    it('refuses a table that was made for other columns, before any work', async () => {
      await worker.query('CREATE TABLE other (id INT, file_name VARCHAR(20), extra INT)');
      const context = worker.context('other', select, { writeMode: 'append' });
      const lacks = ['millrace_selection', 'millrace_row', 'detection_no', 'class_id', 'class_name', 'score'];
      const differences = [...lacks, 'x1', 'y1', 'x2', 'y2'].map((name) => `it lacks ${name}`);
      await expect(prepare(context)).rejects.toMatchObject({
        code: 'APPEND_MISMATCH',
        message: `\`${worker.database.name}\`.\`other\` does not fit the result: ${differences.join(', ')}, it has extra besides`,
        hint: 'append to a table that the same query made',
      });
      expect(await ownTables(context)).toEqual([]);
    });

    it('refuses a table that the account may not write to, before any work', async () => {
      const database = `readable_${worker.database.name}`;
      const { admin, accounts } = worker.database;
      await detectAndFinish(worker.context('source', select));
      await admin.query(`CREATE DATABASE ${database}`);
      await admin.query(`CREATE TABLE ${database}.other LIKE ${worker.database.name}.source`);
      for (const dsn of [accounts.dsn, accounts.systemDsn])
        await admin.query(`GRANT SELECT ON ${database}.* TO ?@'%'`, [parseDsn(dsn).user]);
      const context = worker.context('', select, { writeMode: 'append', into: { database, table: 'other' } });
      await expect(prepare(context)).rejects.toMatchObject({
        code: 'DATABASE_RIGHTS',
        message: expect.stringMatching(/^the database says: INSERT command denied to user .* for table .*other/),
      });
      expect(await ownTables(context)).toEqual([]);
      await admin.query(`DROP DATABASE ${database}`);
    });
  });

  const queryAsAdmin = async (sql: string) => (await worker.database.admin.query<RowDataPacket[]>(sql))[0];

  const system = ({ schema }: RowsContext, table: string) => quoteTable({ database: schema, table });

  const ownTables = ({ names }: RowsContext) =>
    worker.query('SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME LIKE ?', [
      `%${names.id.toString('hex')}`,
    ]);
});
