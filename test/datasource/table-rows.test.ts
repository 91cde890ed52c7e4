import type { RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Row } from '../../src/datasource/column-types.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { eachRow } from '../../src/datasource/row-stream.ts';
import { pageTable, streamTable } from '../../src/datasource/table-rows.ts';
import { servers, useDatabase } from '../database.ts';

const patience = { timeout: 20_000, interval: 20 };
const table = (name: string) => ({ database: null, table: name });

describe.each(servers)('Rows of tables on $name', { timeout: 120_000 }, (server) => {
  const database = useDatabase(server);
  const never = new AbortController().signal;

  beforeAll(async () => {
    const { pool } = database;
    await pool.query('CREATE TABLE thousand (n INT PRIMARY KEY)');
    await pool.query('INSERT INTO thousand VALUES ?', [Array.from({ length: 1000 }, (_, n) => [n])]);
    await pool.query(
      "CREATE TABLE million (n INT PRIMARY KEY, filling VARCHAR(200) NOT NULL DEFAULT '') ENGINE=InnoDB",
    );
    await pool.query("INSERT INTO million SELECT 1000 * a.n + b.n, REPEAT('x', 100) FROM thousand AS a, thousand AS b");
  }, 120_000);

  async function pagesOf(name: string, limit: number, pool = database.pool): Promise<Row[][]> {
    const pages: Row[][] = [];
    for (let after: string | null = null; ; ) {
      const { rows, next } = await pageTable(pool, table(name), { after, limit });
      pages.push([...rows]);
      if (next === null) return pages;
      after = next;
    }
  }

  const running = async (part: string) => {
    const [rows] = await database.admin.query<RowDataPacket[]>(
      'SELECT ID FROM information_schema.PROCESSLIST WHERE DB = ? AND INFO LIKE ?',
      [database.name, `%${part}%`],
    );
    return rows.length;
  };

  describe('streamTable', () => {
    it('returns a million rows in the order of the key, in constant memory', async () => {
      const { columns, batches } = await streamTable(database.pool, table('million'), never);
      expect(columns).toEqual([
        { name: 'n', type: 'integer' },
        { name: 'filling', type: 'string' },
      ]);
      let [next, most, before] = [0, 0, 0];
      for await (const [n] of eachRow(batches)) {
        if (n !== next) expect(n).toBe(next);
        if (next === 50_000) before = memory();
        if (++next % 50_000 === 0) most = Math.max(most, memory());
      }
      expect(next).toBe(1_000_000);
      expect(most - before).toBeLessThan(100 * 2 ** 20);
    });

    it('reads no more rows than are consumed, and ends the query when its consumer leaves', async () => {
      const pool = openPool(database.datasource, { connections: 1 });
      const before = memory();
      const { batches } = await streamTable(pool, table('million'), never);
      expect((await batches.next()).value[0][0]).toBe(0);
      for (let turn = 0; turn < 2000; turn++) await database.pool.query('DO 0');
      expect(await running('million')).toBe(1);
      expect(memory() - before).toBeLessThan(30 * 2 ** 20);
      await batches.return(undefined);
      await vi.waitFor(async () => expect(await running('million')).toBe(0), patience);
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: expect.anything() }]);
      await pool.end();
    });

    it('ends the query of a consumer that has stopped reading when the signal is aborted', async () => {
      const pool = openPool(database.datasource, { connections: 1 });
      const abort = new AbortController();
      const { batches } = await streamTable(pool, table('million'), abort.signal);
      await batches.next();
      expect(await running('million')).toBe(1);
      abort.abort(new Error('enough'));
      await vi.waitFor(async () => expect(await running('million')).toBe(0), patience);
      await expect(batches.next()).rejects.toBe(abort.signal.reason);
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: expect.anything() }]);
      await pool.end();
    });

    it('releases its connection after the last row', async () => {
      const pool = openPool(database.datasource, { connections: 1 });
      for (let time = 0; time < 3; time++) {
        const { batches } = await streamTable(pool, table('thousand'), never);
        let count = 0;
        for await (const _ of eachRow(batches)) count++;
        expect(count).toBe(1000);
      }
      await pool.end();
    });

    it('reads the order of the key from the index, without sorting', async () => {
      const [plan] = await database.pool.query('EXPLAIN FORMAT=JSON SELECT * FROM million ORDER BY n');
      expect(JSON.stringify(plan)).not.toMatch(/filesort|Sort:|"sort"/i);
    });

    it('reports a missing table', async () => {
      await expect(streamTable(database.pool, table('absent'), never)).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    });
  });

  describe('pageTable', () => {
    it('returns each of a million rows once, every page as fast as the first', async () => {
      const pages = await pagesOf('million', 50_000);
      expect(pages.map(({ length }) => length)).toEqual(new Array(20).fill(50_000));
      expect(pages.flat().every(([n], index) => n === index)).toBe(true);
      const single = openPool(database.datasource, { connections: 1 });
      const key = Buffer.from(JSON.stringify({ key: [999_000] })).toString('base64url');
      const before = await rowsRead(single);
      const { rows, next } = await pageTable(single, table('million'), { after: key, limit: 500 });
      expect([rows[0]?.[0], rows.at(-1)?.[0], next !== null]).toEqual([999_001, 999_500, true]);
      expect((await rowsRead(single)) - before).toBeLessThan(2000);
      await single.end();
    });

    it.each([
      [1, 1],
      [3, 3],
      [7, 7],
      [100, 27],
    ])('goes by the whole of a composite key with pages of %i', async (limit, first) => {
      await database.pool.query('DROP TABLE IF EXISTS composite');
      await database.pool.query(
        `CREATE TABLE composite (
           selection BINARY(2) NOT NULL DEFAULT '' INVISIBLE, number BIGINT UNSIGNED NOT NULL DEFAULT 0 INVISIBLE,
           detection INT UNSIGNED NOT NULL, v VARCHAR(10), PRIMARY KEY (selection, number, detection)
         )`,
      );
      const values = [Buffer.from('00ff', 'hex'), Buffer.from('2700', 'hex'), Buffer.from('ff27', 'hex')].flatMap((s) =>
        ['0', '9007199254740993', '18446744073709551615'].flatMap((n) => [0, 1, 4294967295].map((d) => [s, n, d])),
      );
      const rows = values.map((key, index) => [...key, `v${index}`]);
      await database.pool.query('INSERT INTO composite (selection, number, detection, v) VALUES ?', [rows]);
      const pages = await pagesOf('composite', limit);
      expect(pages[0]).toHaveLength(first);
      expect(pages.flat()).toEqual(values.map(([, , detection], index) => [detection, `v${index}`]));
    });

    it.each([
      ['VARCHAR(20)', ["''", "'a'", "'A1'", "'b''\\\\'", "'\u{1f98a}'"]],
      ['VARCHAR(20) CHARACTER SET latin1', ["'a'", "'é'", "'z'"]],
      [
        'DECIMAL(30,10)',
        ['-12345678901234567890.0123456789', '0', '12345678901234567890.0123456788', '12345678901234567890.0123456789'],
      ],
      ['DATETIME(6)', ["'2026-01-01'", "'2026-01-01 00:00:00.000001'", "'2026-01-02'"]],
      ['TIMESTAMP(6) DEFAULT NOW(6)', ["'2026-01-01'", "'2026-01-01 00:00:00.000001'", "'2026-01-02'"]],
      ['DATE', ["'2026-01-01'", "'2026-01-02'", "'9999-12-31'"]],
      ['TIME(3)', ["'-838:59:59'", "'-00:00:01'", "'00:00:00'", "'00:00:00.001'", "'838:59:59'"]],
      ['VARBINARY(10)', ["x''", "x'00'", "x'27'", "x'5c'", "x'ff'"]],
      ['BIGINT', ['-9223372036854775808', '-1', '0', '9223372036854775807']],
      ["ENUM('b','a')", ["'b'", "'a'"]],
      ['DOUBLE', ['-1e308', '0.1', '0.30000000000000004', '1e308']],
      ['FLOAT', ['0.1', '0.3', '16777216']],
      ['YEAR', ['1901', '2155']],
    ])('gives every row once by a key of %s', async (type, values) => {
      await database.pool.query('DROP TABLE IF EXISTS keyed');
      await database.pool.query(`CREATE TABLE keyed (k ${type} PRIMARY KEY, i INT)`);
      await database.pool.query(`INSERT INTO keyed VALUES ${values.map((value, i) => `(${value}, ${i})`).join()}`);
      const pages = await pagesOf('keyed', 1);
      const [sorted] = await database.pool.query<RowDataPacket[]>('SELECT i FROM keyed ORDER BY k');
      expect(pages.flat().map(([, i]) => i)).toEqual(sorted.map(({ i }) => i));
      expect(pages).toHaveLength(values.length);
    });

    it('counts rows in a table or view without a key', async () => {
      await database.pool.query('CREATE TABLE keyless AS SELECT n FROM thousand');
      await database.pool.query('CREATE VIEW looked AS SELECT n FROM thousand WHERE n < 10');
      for (const [name, count, limit] of [
        ['keyless', 1000, 300],
        ['looked', 10, 10],
      ] as const) {
        const pages = await pagesOf(name, limit);
        expect(pages).toHaveLength(Math.ceil(count / limit));
        expect(
          pages
            .flat()
            .map(([n]) => Number(n))
            .sort((a, b) => a - b),
        ).toEqual(Array.from({ length: count }, (_, n) => n));
      }
    });

    it('neither misses nor repeats a row while others are inserted and deleted', async () => {
      await database.pool.query('CREATE TABLE busy (n INT PRIMARY KEY)');
      await database.pool.query('INSERT INTO busy VALUES (10), (20), (30), (40)');
      const first = await pageTable(database.pool, table('busy'), { after: null, limit: 2 });
      await database.pool.query('DELETE FROM busy WHERE n IN (10, 20)');
      await database.pool.query('INSERT INTO busy VALUES (5), (25)');
      const second = await pageTable(database.pool, table('busy'), { after: first.next, limit: 10 });
      expect([first.rows, second.rows, second.next]).toEqual([[[10], [20]], [[25], [30], [40]], null]);
    });

    it('ends a page of wide rows before its limit', async () => {
      await database.pool.query('CREATE TABLE wide (n INT PRIMARY KEY, v LONGTEXT)');
      await database.pool.query("INSERT INTO wide SELECT n, REPEAT('x', 3000000) FROM thousand WHERE n < 7");
      const pages = await pagesOf('wide', 100);
      expect(pages.map((page) => page.map(([n]) => n))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    });

    it('returns an empty page for an empty table', async () => {
      await database.pool.query('CREATE TABLE hollow (n INT PRIMARY KEY)');
      expect(await pageTable(database.pool, table('hollow'), { after: null, limit: 10 })).toEqual({
        columns: [{ name: 'n', type: 'integer' }],
        rows: [],
        next: null,
      });
    });

    it.each([
      ['no cursor', 'x'],
      ['JSON of something else', Buffer.from('{"key": 7}').toString('base64url')],
      ['a key of another table', Buffer.from('{"key": [1, 2]}').toString('base64url')],
      ['a key with SQL', Buffer.from('{"key": ["1 OR 1"]}').toString('base64url')],
      ['a count where there is a key', Buffer.from('{"offset": 3}').toString('base64url')],
    ])('refuses %s', async (_, after) => {
      await expect(pageTable(database.pool, table('thousand'), { after, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
    });
  });
});

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Rows that this session's queries have read from tables so far. */
async function rowsRead(pool: ReturnType<typeof openPool>): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_rnd_next', 'Handler_read_first')",
  );
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
