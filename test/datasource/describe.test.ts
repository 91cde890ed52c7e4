import { beforeAll, describe, expect, it } from 'vitest';
import { describeQuery, describeTable } from '../../src/datasource/describe.ts';
import { quoteName } from '../../src/datasource/identifiers.ts';
import { servers, useDatabase } from '../database.ts';

describe.each(servers)('describe on $name', (server) => {
  const database = useDatabase(server);

  beforeAll(async () => {
    await database.pool.query(
      'CREATE TABLE `odd ``name``` (id BIGINT UNSIGNED PRIMARY KEY, file_name VARCHAR(100), price DECIMAL(10,2))',
    );
    await database.pool.query('CREATE VIEW recent AS SELECT id FROM `odd ``name```');
  });

  it('names the columns of a query in its order', async () => {
    const { columns } = await describeQuery(
      database.pool,
      'SELECT file_name, id, 1 + 1 AS two, price FROM `odd ``name```',
    );
    expect(columns).toEqual([
      { name: 'file_name', type: 'var_string', kind: 'text', bytes: null },
      { name: 'id', type: 'longlong', kind: 'number', bytes: null },
      { name: 'two', type: expect.stringMatching(/^long/), kind: 'number', bytes: null },
      { name: 'price', type: 'newdecimal', kind: 'number', bytes: null },
    ]);
  });

  it('says how many bytes a column of bytes may have', async () => {
    await database.pool.query(
      'CREATE TABLE bytes (a TINYBLOB, b BLOB, c MEDIUMBLOB, d LONGBLOB, e VARBINARY(5000), f BINARY(16), g LONGTEXT)',
    );
    const { columns } = await describeQuery(database.pool, "SELECT *, CAST('name' AS BINARY) AS h FROM bytes");
    expect(columns.map(({ bytes }) => bytes)).toEqual([255, 65535, 2 ** 24 - 1, 2 ** 32 - 1, 5000, 16, null, 16]);
  });

  it('keeps a name that is selected twice', async () => {
    const { columns } = await describeQuery(database.pool, 'SELECT id, price AS id FROM `odd ``name```');
    expect(columns.map(({ name }) => name)).toEqual(['id', 'id']);
  });

  it('executes nothing', async () => {
    await describeQuery(database.pool, 'INSERT INTO `odd ``name``` (id) VALUES (1)');
    const { columns } = await describeQuery(database.pool, 'SELECT SLEEP(1000)');
    expect(columns).toHaveLength(1);
    const [rows] = await database.pool.query('SELECT COUNT(*) AS n FROM `odd ``name```');
    expect(rows).toEqual([{ n: '0' }]);
  });

  it('returns no columns for a statement that returns no rows', async () => {
    expect(await describeQuery(database.pool, 'DELETE FROM `odd ``name```')).toEqual({ columns: [] });
  });

  it("reports the server's message for an invalid query", async () => {
    await expect(describeQuery(database.pool, 'SELECT nothing FROM `odd ``name```')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringMatching(/^the database says: Unknown column 'nothing' in '(field list|SELECT)'$/),
    });
    await expect(describeQuery(database.pool, 'SELECT id FORM x y')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: "the database says: syntax error near 'x y' at line 1",
    });
  });

  it('rejects a placeholder, which has no value', async () => {
    await expect(describeQuery(database.pool, 'SELECT ?')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: 'the query contains a ? outside quotes, which has no value',
    });
  });

  it('distinguishes a table, a view and a missing table', async () => {
    const { pool, name } = database;
    expect(await describeTable(pool, { database: name, table: 'odd `name`' })).toEqual({
      kind: 'table',
      columns: [
        { name: 'id', type: expect.stringMatching(/^bigint(\(20\))? unsigned$/) },
        { name: 'file_name', type: 'varchar(100)' },
        { name: 'price', type: 'decimal(10,2)' },
      ],
    });
    expect(await describeTable(pool, { database: null, table: 'recent' })).toMatchObject({ kind: 'view' });
    expect(await describeTable(pool, { database: name, table: 'absent' })).toBeNull();
    expect(await describeTable(pool, { database: 'absent', table: 'recent' })).toBeNull();
  });

  it('quotes names as the server reads them', async () => {
    const [rows] = await database.pool.query(`SELECT 'x' AS ${quoteName('a`b"c\\d é')}`);
    expect(rows).toEqual([{ 'a`b"c\\d é': 'x' }]);
  });
});
