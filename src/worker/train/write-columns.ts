import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool, PoolConnection } from 'mysql2/promise';
import { endQuery, type RowBatch, streamRows } from '../../datasource/row-stream.ts';
import { MillraceError } from '../../errors.ts';
import { type TrainingColumn, trainingColumns } from './column-values.ts';
import { NpyFile } from './npy.ts';

/** Values held in memory, of all columns together. */
const heldValues = 2 ** 21;
/** UTF-16 units of all dictionaries together: they are one JSON text, and Node's strings end at 2^29. */
const largestDictionaries = 2 ** 27;

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

interface OpenColumn extends TrainingColumn {
  readonly file: NpyFile;
  /** Code of each text. */
  readonly dictionary: Map<string, number>;
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

class ColumnFiles {
  rows = 0;
  readonly #folder: string;
  readonly #columns: readonly OpenColumn[];
  #dictionarySize = 0;

  constructor(folder: string, columns: readonly TrainingColumn[]) {
    this.#folder = folder;
    const pieceLength = Math.max(256, Math.floor(heldValues / Math.max(1, columns.length)));
    this.#columns = columns.map((column, index) => ({
      ...column,
      file: new NpyFile(join(folder, `${index}.npy`), column.kind === 'number' ? '<f8' : '<i4', pieceLength),
      dictionary: new Map(),
    }));
  }

  async add(rows: RowBatch['rows']): Promise<void> {
    for (const row of rows) {
      let full = false;
      for (const [index, column] of this.#columns.entries()) full = column.file.push(this.#value(column, row[index]));
      this.rows += 1;
      if (full) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    for (const { file } of this.#columns) await file.flush();
  }

  #value(column: OpenColumn, value: unknown): number {
    const isMissing = value === null || value === undefined;
    if (column.kind === 'number') return isMissing ? Number.NaN : Number(column.convert(value));
    return isMissing ? -1 : this.#code(column, String(column.convert(value)));
  }

  #code({ name, dictionary }: OpenColumn, text: string): number {
    const known = dictionary.get(text);
    if (known !== undefined) return known;
    this.#dictionarySize += text.length;
    if (this.#dictionarySize > largestDictionaries) {
      const message = `the texts of the query, up to those of column '${name}', have more than ${largestDictionaries} characters`;
      throw new MillraceError('TRAIN_TEXT_TOO_LARGE', message);
    }
    dictionary.set(text, dictionary.size);
    return dictionary.size - 1;
  }

  async close(): Promise<number> {
    for (const { file } of this.#columns) await file.close();
    const columns = this.#columns.map(({ name, kind, dictionary }) =>
      kind === 'number' ? { name, kind } : { name, kind, dictionary: [...dictionary.keys()] },
    );
    await writeFile(join(this.#folder, 'columns.json'), JSON.stringify({ version: 1, rows: this.rows, columns }));
    return this.rows;
  }
}
