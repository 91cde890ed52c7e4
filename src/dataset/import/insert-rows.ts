import mysql, { type PoolConnection } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { type DatasetRow, type DatasetTable, type Shape, tableNames, tableOf } from '../tables.ts';

/** Maximum length of a statement, unless one row is longer. The smallest `max_allowed_packet` in use is 16 MiB, and a character has up to 3 bytes. */
const longestBatch = 512 * 1024;

interface Target {
  readonly connection: PoolConnection;
  readonly shape: Shape;
  /** The table to write for each table of the dataset. */
  readonly into: (table: DatasetTable) => { readonly database: string; readonly table: string };
}

/**
 * Writes rows in batches. While the database writes one batch, the next is read.
 * @returns number of rows of each table
 * @throws {MillraceError} DATASET_DUPLICATE, what the rows throw, DATABASE_…
 */
export async function insertRows(
  { connection, shape, into }: Target,
  rows: AsyncIterable<readonly DatasetRow[]>,
): Promise<Readonly<Record<DatasetTable, number>>> {
  const batches = Object.fromEntries(tableNames.map((table) => [table, emptyBatch()])) as Record<DatasetTable, Batch>;
  const counts = Object.fromEntries(tableNames.map((table) => [table, 0])) as Record<DatasetTable, number>;
  let writing: Promise<unknown> = Promise.resolve();
  const write = async (table: DatasetTable) => {
    const { rows } = batches[table];
    batches[table] = emptyBatch();
    if (rows.length === 0) return;
    await writing;
    const columns = tableOf(table, shape).columns.map(({ name }) => quoteName(name));
    const sql = `INSERT INTO ${quoteTable(into(table))} (${columns.join(', ')}) VALUES ${rows.join(',')}`;
    writing = connection.query(sql).catch((error) => {
      throw duplicate(error, table) ?? error;
    });
    // It is awaited before the next write; until then, a rejection has no handler.
    writing.catch(() => {});
  };
  try {
    for await (const some of rows) {
      for (const { table, values } of some) {
        const row = literalRow(values);
        if (batches[table].length + row.length > longestBatch) await write(table);
        batches[table].rows.push(row);
        batches[table].length += row.length + 1;
        counts[table] += 1;
      }
    }
    for (const table of tableNames) await write(table);
  } finally {
    await writing;
  }
  return counts;
}

interface Batch {
  readonly rows: string[];
  length: number;
}

function emptyBatch(): Batch {
  return { rows: [], length: 0 };
}

/** The values as mysql2 would write them into a statement, but without lists of them that live as long as a batch. */
function literalRow(values: DatasetRow['values']): string {
  return `(${values.map((value) => (typeof value === 'number' ? value : mysql.escape(value))).join(',')})`;
}

/** ER_DUP_ENTRY: the only unique key of each table is its id. */
function duplicate(error: unknown, table: DatasetTable): MillraceError | null {
  const { errno, sqlMessage = '' } = Object(Object(error).cause) as {
    readonly errno?: number;
    readonly sqlMessage?: string;
  };
  if (errno !== 1062) return null;
  const [, id = ''] = /Duplicate entry '(\d+)'/.exec(sqlMessage) ?? [];
  return new MillraceError('DATASET_DUPLICATE', `two entries of ${table} have the id ${id}`, { cause: error });
}
