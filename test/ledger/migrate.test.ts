import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { describeTable } from '../../src/datasource/describe.ts';
import { quoteTable } from '../../src/datasource/identifiers.ts';
import { openPool } from '../../src/datasource/pool.ts';
import { latestVersion, migrate } from '../../src/ledger/migrate.ts';
import { servers, useDatabase } from '../database.ts';

const everyVersion = Array.from({ length: latestVersion }, (_, index) => index + 1);

describe.each(servers)('migrate on $name', (server) => {
  const database = useDatabase(server);
  const versions = async (schema: string) => {
    const [rows] = await database.pool.query<RowDataPacket[]>(
      `SELECT version FROM ${quoteTable({ database: schema, table: 'migrations' })} ORDER BY version`,
    );
    return rows.map(({ version }) => version);
  };

  it('creates the system schema once when several processes start together', async () => {
    const { datasource, systemSchema } = database;
    const pools = Array.from({ length: 4 }, () => openPool(datasource, { connections: 1 }));
    await Promise.all(pools.map((pool) => migrate(pool, systemSchema)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(await versions(systemSchema)).toEqual(everyVersion);
    const ledger = await describeTable(database.pool, { database: systemSchema, table: 'ledger' });
    expect(ledger?.columns.map(({ name }) => name)).toEqual([
      'selection_id',
      'row_id',
      'partition_no',
      'outputs',
      'error_code',
      'error_message',
    ]);
  });

  it('changes nothing in a schema that is up to date', async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    await pool.query(
      `INSERT INTO ${quoteTable({ database: systemSchema, table: 'ledger' })} VALUES (REPEAT('a', 16), 18446744073709551615, 0, 3, NULL, NULL)`,
    );
    await migrate(pool, systemSchema);
    const [rows] = await pool.query(`SELECT row_id FROM ${quoteTable({ database: systemSchema, table: 'ledger' })}`);
    expect(rows).toEqual([{ row_id: '18446744073709551615' }]);
  });

  it('repeats a migration that was interrupted', async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    await pool.query(`DELETE FROM ${quoteTable({ database: systemSchema, table: 'migrations' })}`);
    await pool.query(`DROP TABLE ${quoteTable({ database: systemSchema, table: 'models' })}`);
    await migrate(pool, systemSchema);
    expect(await versions(systemSchema)).toEqual(everyVersion);
    expect(await describeTable(pool, { database: systemSchema, table: 'models' })).toMatchObject({ kind: 'table' });
  });

  it('keeps counters of the time when detection was the only program', async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    const table = (name: string) => quoteTable({ database: systemSchema, table: name });
    const counted = ['ledger', 'partitions', 'purged_work'];
    await pool.query(`DELETE FROM ${table('migrations')} WHERE version >= 9`);
    for (const name of counted) await pool.query(`ALTER TABLE ${table(name)} RENAME COLUMN outputs TO detections`);
    await pool.query(`ALTER TABLE ${table('selections')} ADD COLUMN image_column VARCHAR(255) NULL`);
    await pool.query(
      `INSERT INTO ${table('ledger')} (selection_id, row_id, partition_no, detections) VALUES (REPEAT('m', 16), 1, 0, 7)`,
    );
    await pool.query(
      `INSERT INTO ${table('partitions')} (selection_id, partition_no, first_row, last_row, state, detections)
       VALUES (REPEAT('m', 16), 0, 1, 1, 'done', 7)`,
    );
    await pool.query(
      `INSERT INTO ${table('purged_work')} (only_row, done_rows, failed_rows, detections, retries, decode_ms, infer_ms, write_ms)
       VALUES (1, 1, 0, 7, 0, 0, 0, 0)`,
    );
    // Cut off after its first change, the migration continues.
    await pool.query(`ALTER TABLE ${table('partitions')} RENAME COLUMN detections TO outputs`);
    await migrate(pool, systemSchema);
    expect(await versions(systemSchema)).toEqual(everyVersion);
    for (const name of counted) {
      const [rows] = await pool.query<RowDataPacket[]>(`SELECT outputs FROM ${table(name)} ORDER BY 1 DESC LIMIT 1`);
      expect([name, ...rows.map(({ outputs }) => Number(outputs))]).toEqual([name, 7]);
    }
    const selections = await describeTable(pool, { database: systemSchema, table: 'selections' });
    expect(selections?.columns.map(({ name }) => name)).not.toContain('image_column');
  });

  it('rejects a schema of a newer Millrace', async () => {
    const { pool, systemSchema } = database;
    await migrate(pool, systemSchema);
    await pool.query(
      `INSERT INTO ${quoteTable({ database: systemSchema, table: 'migrations' })} (version) VALUES (${latestVersion + 1})`,
    );
    await expect(migrate(pool, systemSchema)).rejects.toMatchObject({
      code: 'DATABASE_NEWER',
      message: `the schema ${systemSchema} has version ${latestVersion + 1}; this Millrace supports up to ${latestVersion}`,
    });
    await pool.query(
      `DELETE FROM ${quoteTable({ database: systemSchema, table: 'migrations' })} WHERE version > ${latestVersion}`,
    );
  });

  it('names the missing right if the account may not create the schema', async () => {
    await expect(migrate(database.pool, 'millrace_forbidden')).rejects.toMatchObject({ code: 'DATABASE_RIGHTS' });
  });
});
