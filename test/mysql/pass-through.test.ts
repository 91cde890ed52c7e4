import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { databaseServers } from '../database-servers.ts';
import { useMysql } from './use-mysql.ts';

describe.each(databaseServers)('what is not an extended statement, on $name', (on) => {
  const mysql = useMysql(on);

  test('goes to the database with its session', async () => {
    const connection = await mysql.connect();
    await connection.query('SET @a = 7');
    await connection.query('CREATE TEMPORARY TABLE mine (n INT)');
    await connection.query('INSERT INTO mine VALUES (1), (2)');
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT @a AS a, COUNT(*) AS n FROM mine');
    expect([Number(row!.a), Number(row!.n)]).toEqual([7, 2]);
    await connection.query('CREATE TABLE kept (n INT)');
    await connection.beginTransaction();
    await connection.query('INSERT INTO kept VALUES (1)');
    await connection.rollback();
    expect((await connection.query<RowDataPacket[]>('SELECT * FROM kept'))[0]).toEqual([]);
  });

  test('has the errors of the database, with number and SQLSTATE', async () => {
    const connection = await mysql.connect();
    await expect(connection.query('SELECT * FROM no_such')).rejects.toMatchObject({ errno: 1146, sqlState: '42S02' });
    await expect(connection.query('SELEC 1')).rejects.toMatchObject({ errno: 1064, sqlState: '42000' });
    expect((await connection.query<RowDataPacket[]>('SELECT 5 AS five'))[0]).toEqual([{ five: 5 }]);
  });

  test('may be prepared, with cursors and long values', async () => {
    const connection = await mysql.connect();
    for (let round = 0; round < 3; round += 1) {
      const [rows] = await connection.execute<RowDataPacket[]>(
        'SELECT id, file_name FROM shot WHERE id <= ? ORDER BY id',
        [3],
      );
      expect(rows.map(({ id }) => id)).toEqual([1, 2, 3]);
    }
    const long = 'x'.repeat(3_000_000);
    const [[row]] = await connection.execute<RowDataPacket[]>('SELECT LENGTH(?) AS n', [long]);
    expect(Number(row!.n)).toBe(long.length);
    await connection.unprepare('SELECT LENGTH(?) AS n');
    await connection.ping();
  });

  test('may have several results', async () => {
    const connection = await mysql.connect('ada', { multipleStatements: true });
    const [results] = await connection.query<RowDataPacket[][]>(
      'SELECT 1 AS a; SET @b = 2; SELECT @b AS b; SELECT * FROM shot WHERE id < 3',
    );
    expect(results).toHaveLength(4);
    expect(results[3]).toHaveLength(2);
  });

  test('may change the database', async () => {
    const connection = await mysql.connect('ada', { database: undefined });
    await connection.changeUser({ user: 'ada', password: mysql.tokens.ada, database: mysql.database.name });
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT DATABASE() AS name');
    expect(row!.name).toBe(mysql.database.name);
    await connection.query('USE information_schema');
    await connection.query(`USE \`${mysql.database.name}\``);
  });
});
