import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import type { Source } from '../sources/source.ts';
import { type DatasetTable, definitionOf, indexOf, tableNames, tableOf } from '../tables.ts';
import { checkReferences } from './check-references.ts';
import { findDataset, findLeftovers, markOf, prefixes } from './existing.ts';
import { insertRows } from './insert-rows.ts';
import { lock } from './lock.ts';

export interface ImportOptions {
  readonly format: string;
  readonly source: Source;
  /** The database that the tables are made in. It is created if it does not exist. */
  readonly into: string;
  /** Whether another dataset under this name is replaced. */
  readonly replace: boolean;
  readonly onProgress: (done: number) => void;
}

/** Number of rows of each table; null: the same files were imported before, so nothing was changed. */
export type Imported = Readonly<Record<DatasetTable, number>> | null;

/**
 * Imports a dataset. The tables appear together under their names once all of them are complete; until then, and after any failure, the
 * names hold what they held before. What a killed import leaves is removed by the next one.
 *
 * @throws {MillraceError} DATASET_…, DATABASE_…
 */
export async function importDataset(pool: Pool, options: ImportOptions): Promise<Imported> {
  // One connection holds the lock and writes: an import that loses its connection can no longer write.
  const connection = await pool.getConnection();
  try {
    await createDatabase(connection, options.into);
    await lock(connection, options.into, `another import is writing ${options.into}`);
    return await importLocked(connection, options);
  } finally {
    connection.destroy();
  }
}

async function createDatabase(connection: PoolConnection, name: string): Promise<void> {
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [name],
  );
  if (found.length === 0)
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoteName(name)} CHARACTER SET utf8mb4`);
}

async function importLocked(
  connection: PoolConnection,
  { format, source, into: database, replace, onProgress }: ImportOptions,
): Promise<Imported> {
  await drop(connection, database, await findLeftovers(connection, database));
  const mark = markOf(format, source.fingerprint, source.shape.segmentations);
  const present = await findDataset(connection, database);
  if (present === mark && !replace) return null;
  if (present !== null && !replace) {
    const what = present === 'incomplete' ? 'some tables of a dataset' : 'another dataset';
    throw new MillraceError('DATASET_EXISTS', `${database} holds ${what}`);
  }
  const staging = (table: DatasetTable) => ({ database, table: `${prefixes.staging}${table}` });
  try {
    for (const table of tableNames) await create(connection, staging(table), table, source, mark);
    const counts = await insertRows({ connection, shape: source.shape, into: staging }, source.rows(onProgress));
    for (const table of tableNames) await addIndexes(connection, staging(table), table, source);
    await checkReferences(connection, staging);
    await publish(connection, database);
    return counts;
  } catch (error) {
    await drop(connection, database, await findLeftovers(connection, database)).catch(() => {});
    throw error;
  }
}

function create(
  connection: PoolConnection,
  name: { readonly database: string; readonly table: string },
  table: DatasetTable,
  { shape }: Source,
  mark: string,
) {
  const definition = definitionOf(table, shape, { indexes: false });
  return connection.query(`CREATE TABLE ${quoteTable(name)} ${definition} COMMENT ?`, [mark]);
}

/** An index is faster to make of all rows at once. */
async function addIndexes(
  connection: PoolConnection,
  name: { readonly database: string; readonly table: string },
  table: DatasetTable,
  { shape }: Source,
): Promise<void> {
  const { indexes } = tableOf(table, shape);
  if (indexes.length > 0)
    await connection.query(
      `ALTER TABLE ${quoteTable(name)} ${indexes.map((column) => `ADD ${indexOf(column)}`).join(', ')}`,
    );
}

/**
 * One statement, which is atomic in MySQL 8 and MariaDB 10.6, in a crash too.
 * https://dev.mysql.com/doc/refman/8.4/en/atomic-ddl.html, https://mariadb.com/kb/en/atomic-ddl/
 */
async function publish(connection: PoolConnection, database: string): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?)',
    [database, tableNames],
  );
  const old = rows.map(({ name }) => String(name));
  const rename = (from: string, to: string) =>
    `${quoteTable({ database, table: from })} TO ${quoteTable({ database, table: to })}`;
  const renames = [
    ...old.map((name) => rename(name, `${prefixes.replaced}${name}`)),
    ...tableNames.map((name) => rename(`${prefixes.staging}${name}`, name)),
  ];
  await connection.query(`RENAME TABLE ${renames.join(', ')}`);
  await drop(
    connection,
    database,
    old.map((name) => `${prefixes.replaced}${name}`),
  );
}

async function drop(connection: PoolConnection, database: string, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return;
  await connection.query(`DROP TABLE ${tables.map((table) => quoteTable({ database, table })).join(', ')}`);
}
