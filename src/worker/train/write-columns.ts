import { mkdir } from 'node:fs/promises';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { endQuery, streamRows } from '../../datasource/row-stream.ts';
import { ColumnFiles } from './column-files.ts';
import { trainingColumns } from './column-values.ts';

export interface WriteOptions {
  readonly pool: Pool;
  readonly selections: readonly RowSelection[];
  readonly signal: AbortSignal;
  /** Called with the number of rows so far of all selections. */
  readonly onRows?: (rows: number) => void;
}

export interface RowSelection {
  /** A query of the users, checked by the planner. */
  readonly sql: string;
  /** A new folder of a job, such as `data/train`. */
  readonly folder: string;
}

/**
 * Writes the rows of queries in the form of the trainer's contract (trainer/README.md), in bounded memory but for the texts' dictionaries.
 * All are read once, in one consistent read that cannot write, by prepared statements.
 * @returns the number of rows of each
 * @throws the signal's reason, MillraceError TRAIN_COLUMN_BINARY, TRAIN_NUMBER_TOO_LARGE, TRAIN_TEXT_TOO_LARGE, QUERY_FAILED, DATABASE_…
 */
export async function writeColumns(options: WriteOptions): Promise<readonly number[]> {
  const connection = await options.pool.getConnection();
  try {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const counts: number[] = [];
    for (const selection of options.selections)
      counts.push(await writeSelection(connection, selection, counts, options));
    await connection.query('COMMIT');
    return counts;
  } catch (error) {
    // The transaction ends with its connection.
    connection.destroy();
    throw error;
  } finally {
    connection.release();
  }
}

async function writeSelection(
  connection: PoolConnection,
  { sql, folder }: RowSelection,
  before: readonly number[],
  { pool, signal, onRows }: WriteOptions,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  const earlier = before.reduce((sum, rows) => sum + rows, 0);
  const leave = () => endQuery(pool, connection);
  let table: ColumnFiles | null = null;
  for await (const { fields, rows } of streamRows(connection, { sql, signal, prepared: true, leave })) {
    table ??= new ColumnFiles(folder, trainingColumns(fields));
    await table.add(rows);
    onRows?.(earlier + table.rows);
  }
  return (table ?? new ColumnFiles(folder, [])).close();
}
