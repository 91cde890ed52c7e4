import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { startPrivateDatabase } from '../../src/datasource/private-accounts.ts';
import { startPrivateServer, stopPrivateServer } from '../../src/datasource/private-server.ts';
import { migrate } from '../../src/ledger/migrate.ts';

const schema = 'millrace';

describe('the private database', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'millrace-private-')), 'mariadb');
    // As a folder from before: with its administrator alone, who has done everything.
    const { dsn } = await startPrivateServer(folder);
    const pool = openPool(parseDsn(dsn), { connections: 1 });
    await migrate(pool, schema);
    await pool.query(
      `INSERT INTO ${schema}.statements (id, text, plan, state, submitted_by) VALUES ('old', 'SELECT 1', '{}', 'succeeded', 'root')`,
    );
    await pool.query('CREATE DATABASE kept');
    await pool.query('CREATE TABLE kept.images AS SELECT 7 AS id');
    await pool.end();
  }, 240_000);
  afterAll(async () => {
    await stopPrivateServer(folder);
    await rm(join(folder, '..'), { recursive: true });
  });

  async function query(dsn: string, sql: string): Promise<RowDataPacket[]> {
    const pool = openPool(parseDsn(dsn), { connections: 1, settings: 'server' });
    try {
      return (await pool.query<RowDataPacket[]>(sql))[0];
    } finally {
      await pool.end();
    }
  }
  const administrator = async () => (await startPrivateServer(folder)).dsn;
  const start = async (name = schema) => (await startPrivateDatabase(folder, { schema: name })).accounts;

  it('accepts an existing folder: statements can use its tables, but not its system schema', async () => {
    const { dsn, systemDsn, readerDsn } = await start();
    expect(await query(dsn, 'SELECT * FROM kept.images')).toEqual([{ id: 7 }]);
    expect(await query(readerDsn, 'SELECT * FROM kept.images')).toEqual([{ id: 7 }]);
    expect(await query(systemDsn, `SELECT id FROM ${schema}.statements`)).toEqual([{ id: 'old' }]);
    const users = [dsn, systemDsn, readerDsn].map((each) => parseDsn(each).user);
    expect(users).toEqual(['millrace_user', 'millrace_system', 'millrace_reader']);
  });

  it('lets statements create databases and change everything in them, and readers read them', async () => {
    const { dsn, readerDsn } = await start();
    for (const sql of [
      'CREATE DATABASE shop',
      'CREATE TABLE shop.items (id INT PRIMARY KEY, name VARCHAR(20))',
      "INSERT INTO shop.items VALUES (1, 'pear')",
      'CREATE VIEW shop.names AS SELECT name FROM shop.items',
      'CREATE TRIGGER shop.big BEFORE INSERT ON shop.items FOR EACH ROW SET NEW.id = NEW.id + 1',
      'CREATE FUNCTION shop.two() RETURNS INT RETURN 2',
      'CREATE DATABASE mysql_notes',
      'DROP DATABASE mysql_notes',
    ])
      await query(dsn, sql);
    expect(await query(readerDsn, 'SELECT name FROM shop.names')).toEqual([{ name: 'pear' }]);
    await expect(query(readerDsn, 'DELETE FROM shop.items')).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
  });

  const attacks = [
    `SELECT * FROM ${schema}.statements`,
    `SELECT * FROM ${schema}.result_rows`,
    `UPDATE ${schema}.statements SET state = 'failed'`,
    `DROP TABLE ${schema}.ledger`,
    `DROP DATABASE ${schema}`,
    `CREATE TABLE ${schema}.other (i INT)`,
    `CREATE TEMPORARY TABLE ${schema}.ledger (i INT)`,
    `RENAME TABLE ${schema}.labels TO kept.labels`,
    `CREATE VIEW kept.peek AS SELECT * FROM ${schema}.statements`,
    `LOCK TABLES ${schema}.statements WRITE`,
    `DROP DATABASE ${schema}_work`,
    'SELECT * FROM mysql.user',
    "UPDATE mysql.global_priv SET Priv = '{}'",
    'DROP DATABASE mysql',
    'SELECT * FROM sys.version',
    'SELECT * FROM performance_schema.threads',
    'SELECT * FROM PERFORMANCE_SCHEMA.threads',
    "SELECT 1 INTO OUTFILE '/tmp/millrace-test-outfile'",
    "LOAD DATA INFILE '/etc/hostname' INTO TABLE kept.images",
    "GRANT ALL ON kept.* TO 'millrace_reader'@'127.0.0.1'",
    "GRANT ALL ON millrace.* TO 'millrace_user'@'127.0.0.1'",
    "CREATE USER 'other'@'127.0.0.1'",
    "ALTER USER 'millrace'@'127.0.0.1' IDENTIFIED BY 'x'",
    'SET GLOBAL max_connections = 10',
    'SHUTDOWN',
  ];
  it.each(['dsn', 'readerDsn'] as const)('denies the account of %s everything else', async (account) => {
    const { [account]: dsn } = await start();
    for (const sql of attacks) {
      const refused = await query(dsn, sql).then(
        () => 'done',
        ({ code }) => code,
      );
      // MariaDB finds no PERFORMANCE_SCHEMA in capitals where names are case-sensitive.
      expect({ sql, refused }).toEqual({
        sql,
        refused: sql.includes('PERFORMANCE_SCHEMA') ? expect.not.stringMatching('done') : 'DATABASE_RIGHTS',
      });
    }
    expect(
      await query(dsn, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('millrace', 'mysql')"),
    ).toEqual([]);
  });

  it('keeps the account of the system schema out of mysql and of the tables of users', async () => {
    const { systemDsn } = await start();
    for (const sql of ['SELECT * FROM mysql.user', 'SELECT * FROM kept.images', 'CREATE TABLE mysql.x (i INT)'])
      await expect(query(systemDsn, sql)).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
  });

  it('keeps its accounts, and renews them when the server is started', async () => {
    const before = await start();
    expect(await Promise.all([start(), start()])).toEqual([before, before]);
    await query(await administrator(), "DROP USER 'millrace_user'@'127.0.0.1'");
    await stopPrivateServer(folder);
    const { dsn } = await start();
    expect(parseDsn(dsn).password).toBe(parseDsn(before.dsn).password);
    expect(await query(dsn, 'SELECT id FROM kept.images')).toEqual([{ id: 7 }]);
  });

  it('can have a second system schema, and keeps statements out of both', async () => {
    const { dsn, systemDsn } = await start('other_one');
    const pool = openPool(parseDsn(systemDsn), { connections: 1 });
    await migrate(pool, 'other_one');
    await pool.end();
    for (const name of [schema, 'other_one'])
      await expect(query(dsn, `SELECT * FROM ${name}.statements`)).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
    expect(await query((await start()).systemDsn, `SELECT id FROM ${schema}.statements`)).toHaveLength(1);
  });

  it('stores the passwords in a file that only its owner can read, and none in its log', async () => {
    const { dsn, systemDsn, readerDsn } = await start();
    const passwords = [dsn, systemDsn, readerDsn, await administrator()].map((each) => parseDsn(each).password);
    expect(new Set(passwords).size).toBe(4);
    const file = join(folder, 'accounts.json');
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    const log = await readFile(join(folder, 'mariadb.log'), 'utf8');
    for (const password of passwords) expect(log).not.toContain(password);
  });
});
