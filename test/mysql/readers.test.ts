import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { databaseServers } from '../database-servers.ts';
import { useMysql } from './use-mysql.ts';

describe.each(databaseServers)('a reader, on $name', (on) => {
  const mysql = useMysql(on);

  const count = async () => {
    const [[row]] = await mysql.database.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM shot');
    return Number(row!.n);
  };

  it.each([
    'SELECT COUNT(*) FROM shot',
    'SHOW TABLES',
    'SET NAMES utf8mb4',
    "SET autocommit = 1, sql_mode = 'STRICT_TRANS_TABLES', @@session.time_zone = '+00:00'",
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'START TRANSACTION READ ONLY',
    'BEGIN',
    'COMMIT',
    'SET character_set_results = NULL',
    '/* mysql-connector-j */SELECT @@session.auto_increment_increment AS a',
  ])('may read, and set up the session: %s', async (sql) => {
    const connection = await mysql.connect('rita');
    await connection.query(sql);
    await connection.execute('SELECT 1');
  });

  it.each([
    "INSERT INTO shot VALUES (1000, 'x')",
    'DELETE FROM shot',
    'CREATE TABLE t (n INT)',
    'CREATE TEMPORARY TABLE t (n INT)',
    'SET SESSION TRANSACTION READ WRITE',
    'START TRANSACTION READ WRITE',
    'SET transaction_read_only = 0',
    'SET tx_read_only = 0',
    'SET NAMES gbk',
    'SET character_set_client = gbk',
    'SET GLOBAL max_connections = 5',
    'SET autocommit = (SELECT 1)',
    "PREPARE p FROM 'DELETE FROM shot'",
    "EXECUTE IMMEDIATE 'DELETE FROM shot'",
    '/*!50000 DELETE FROM shot */',
    'SET @a = 1; DELETE FROM shot',
    'SELECT * FROM shot FOR UPDATE',
    'CALL p()',
    'LOCK TABLES shot WRITE',
    'SELECT id, file_name FROM shot TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO mine',
  ])('may not write, neither directly nor prepared: %s', async (sql) => {
    const before = await count();
    const connection = await mysql.connect('rita', { multipleStatements: true });
    await expect(connection.query(sql)).rejects.toThrow();
    await expect(connection.execute(sql)).rejects.toThrow();
    expect(await count()).toBe(before);
  });

  it('stays READ ONLY after the session is reset or another user came', async () => {
    await mysql.database.admin.query(`CREATE FUNCTION \`${mysql.database.name}\`.sneak() RETURNS INT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY DEFINER
      BEGIN INSERT INTO \`${mysql.database.name}\`.shot VALUES (2000, 'sneaked'); RETURN 1; END`);
    await mysql.database.admin.query(
      `GRANT EXECUTE ON \`${mysql.database.name}\`.* TO '${mysql.database.accounts.readerDsn.split('//')[1]!.split(':')[0]}'@'%'`,
    );
    const connection = await mysql.connect('rita');
    const sneak = () => connection.query('SELECT sneak()');
    await expect(sneak()).rejects.toMatchObject({ errno: 1792 });
    await connection.reset();
    await expect(sneak()).rejects.toMatchObject({ errno: 1792 });
    await connection.changeUser({ user: 'ada', password: mysql.tokens.ada, database: mysql.database.name });
    await connection.changeUser({ user: 'rita', password: mysql.tokens.rita, database: mysql.database.name });
    await expect(sneak()).rejects.toMatchObject({ errno: 1792 });
    await connection.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
    await expect(connection.query("SELECT '\\'; SET SESSION TRANSACTION READ WRITE; -- '")).rejects.toThrow();
    await expect(sneak()).rejects.toMatchObject({ errno: 1792 });
  });

  it('and users cannot reach the system schema', async () => {
    const schema = mysql.database.systemSchema;
    for (const user of ['rita', 'ada'] as const) {
      await expect(mysql.connect(user, { database: schema })).rejects.toMatchObject({ errno: 1227 });
      const connection = await mysql.connect(user);
      for (const sql of [`SELECT * FROM ${schema}.statements`, `USE ${schema}`, `USE \`${schema}\``])
        await expect(connection.query(sql)).rejects.toMatchObject({ errno: 1227 });
      await expect(connection.execute(`SELECT * FROM ${schema}.statements`)).rejects.toMatchObject({ errno: 1227 });
    }
  });
});
