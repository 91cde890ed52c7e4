import type { Pool } from 'mysql2/promise';
import { eachRow } from '../datasource/row-stream.ts';
import { streamTable, type TableRows } from '../datasource/table-rows.ts';
import type { DatasetTable } from './tables.ts';

/** The values of a row by the names of its columns, as `ColumnType` has them. */
export type NamedRow = Readonly<Record<string, unknown>>;

/** Streams the rows of a dataset's table in the order of its ids. */
export async function* rowsOfTable(pool: Pool, database: string, table: DatasetTable): AsyncGenerator<NamedRow> {
  const { columns, batches } = await streamTable(pool, { database, table }, new AbortController().signal);
  yield* namedRows({ columns, rows: eachRow(batches) });
}

/** Of columns with the same name, the last one counts. */
export async function* namedRows({ columns, rows }: TableRows): AsyncGenerator<NamedRow> {
  const names = columns.map(({ name }) => name);
  for await (const row of rows) yield Object.fromEntries(names.map((name, index) => [name, row[index]]));
}
