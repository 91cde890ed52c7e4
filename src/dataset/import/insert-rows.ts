import type { PoolConnection } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { MillraceError } from '../../errors.ts';
import { type DatasetRow, type DatasetTable, type Shape, tableNames, tableOf } from '../tables.ts';

/** A batch ends at whichever comes first. The smallest `max_allowed_packet` in use is 16 MB. */
const [batchRows, batchSize] = [2_000, 256 * 1024];

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
    const { values } = batches[table];
    batches[table] = emptyBatch();
    if (values.length === 0) return;
    await writing;
    const columns = tableOf(table, shape).columns.map(({ name }) => quoteName(name));
    const sql = `INSERT INTO ${quoteTable(into(table))} (${columns.join(', ')}) VALUES ?`;
    writing = connection.query(sql, [values]).catch((error) => {
      throw duplicate(error, table) ?? error;
    });
    // It is awaited before the next write; until then, a rejection has no handler.
    writing.catch(() => {});
  };
  try {
    for await (const some of rows) {
      for (const { table, values } of some) {
        const batch = batches[table];
        batch.values.push(values);
        batch.size += sizeOf(values);
        counts[table] += 1;
        if (batch.values.length >= batchRows || batch.size >= batchSize) await write(table);
      }
    }
    for (const table of tableNames) await write(table);
  } finally {
    await writing;
  }
  return counts;
}

interface Batch {
  readonly values: DatasetRow['values'][];
  size: number;
}

function emptyBatch(): Batch {
  return { values: [], size: 0 };
}

function sizeOf(values: DatasetRow['values']): number {
  let size = 0;
  for (const value of values) size += typeof value === 'string' ? value.length : 8;
  return size;
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
