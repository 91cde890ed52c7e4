import { randomUUID } from 'node:crypto';
import type { Pool } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { servers, useDatabase } from '../database.ts';

// SQL straight to the sessions that run users' statements: as if every check of tokens and texts were passed by.
describe.each(servers)('an account of statements on $name', (server) => {
  const database = useDatabase(server);
  const pools: Pool[] = [];
  let sessions: Record<'user' | 'reader' | 'foreign', Pool>;

  beforeAll(async () => {
    const { accounts, systemSchema: schema } = database;
    const open = (dsn: string) => {
      const pool = openPool(parseDsn(dsn), { connections: 1, settings: 'server' });
      pools.push(pool);
      return pool;
    };
    sessions = { user: open(accounts.dsn), reader: open(accounts.readerDsn), foreign: open(accounts.foreignDsn) };
    const system = open(accounts.systemDsn);
    await migrate(system, schema);
    await system.query(
      `INSERT INTO ${schema}.statements (id, text, plan, state, submitted_by) VALUES (?, 'SELECT 1', '{}', 'running', 'root')`,
      [randomUUID()],
    );
    await database.pool.query('CREATE TABLE images (id INT PRIMARY KEY)');
  });
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  const attacks: readonly (readonly [string, (schema: string) => string])[] = [
    ['reads statements', (schema) => `SELECT * FROM ${schema}.statements`],
    ["reads others' results", (schema) => `SELECT * FROM ${schema}.result_rows`],
    ['forges a result', (schema) => `REPLACE INTO ${schema}.result_rows VALUES ('s', 'step-1', 0, 1, '[[1]]')`],
    ['changes how a statement ended', (schema) => `UPDATE ${schema}.statements SET state = 'succeeded'`],
    ['forges a ledger', (schema) => `INSERT INTO ${schema}.ledger VALUES ('i', 1, 0, 0, NULL, NULL)`],
    ['deletes a ledger', (schema) => `DELETE FROM ${schema}.ledger`],
    ['drops a table', (schema) => `DROP TABLE ${schema}.transitions`],
    ['makes a table', (schema) => `CREATE TABLE ${schema}.other (i INT)`],
    ['renames a table away', (schema) => `RENAME TABLE ${schema}.labels TO labels`],
    ['looks through a view', (schema) => `CREATE VIEW peek AS SELECT * FROM ${schema}.statements`],
    ['drops the schema', (schema) => `DROP DATABASE ${schema}`],
    ['reads the accounts', () => 'SELECT * FROM mysql.user'],
    ['writes a file', () => "SELECT 1 INTO OUTFILE '/tmp/millrace-test-outfile'"],
    ['writes a file by a number', () => "SELECT 1.e1INTO OUTFILE '/tmp/millrace-test-outfile'"],
    ['reads a file', () => "LOAD DATA INFILE '/etc/hostname' INTO TABLE images"],
    ['changes a global variable', () => 'SET GLOBAL max_connections = 10'],
    ['makes an account', () => "CREATE USER 'millrace_test_other'@'%'"],
  ];

  describe.each(['user', 'reader', 'foreign'] as const)('%s', (role) => {
    test.each(attacks)('never %s', async (_, attack) => {
      const refused = { code: 'DATABASE_RIGHTS', message: expect.stringMatching(/denied|privilege/i) };
      await expect(sessions[role].query(attack(database.systemSchema))).rejects.toMatchObject(refused);
    });

    test('sees no tables of the system schema', async () => {
      const [seen] = await sessions[role].query(
        'SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
        [database.systemSchema],
      );
      expect(seen).toEqual([]);
    });
  });

  test('reads its own tables, and a reader writes none', async () => {
    await sessions.user.query('INSERT INTO images VALUES (1)');
    expect((await sessions.reader.query('SELECT * FROM images'))[0]).toEqual([{ id: 1 }]);
    await expect(sessions.reader.query('DELETE FROM images')).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
  });

  test('cannot change a selection that it created and the system account has taken over', async () => {
    const work = `${database.systemSchema}_work`;
    await sessions.user.query(`CREATE TABLE ${work}.selection_x AS SELECT 1 AS id`);
    for (const sql of ['SELECT * FROM', 'DELETE FROM', 'DROP TABLE'])
      await expect(sessions.user.query(`${sql} ${work}.selection_x`)).rejects.toMatchObject({
        code: 'DATABASE_RIGHTS',
      });
  });
});
