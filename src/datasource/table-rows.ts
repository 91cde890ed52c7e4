import type { Pool, PoolConnection } from 'mysql2/promise';
import { type ResultColumn, type Row, resultColumns, sentValues } from './column-types.ts';
import { quoteTable } from './identifiers.ts';
import { invalidCursor, type Keyset, readKeyset } from './keyset.ts';
import { endQuery, type RowBatch, streamRows } from './row-stream.ts';

export interface TableName {
  /** null: the session's default. */
  readonly database: string | null;
  readonly table: string;
}

export interface TableRows {
  readonly columns: readonly ResultColumn[];
  /** Holds a connection of the pool until its end, until its consumer leaves, or the signal is aborted. */
  readonly rows: AsyncGenerator<Row>;
}

export interface TablePage {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
  /** The cursor of the page after this one; null: it is the last. */
  readonly next: string | null;
}

/** Characters of JSON after which a page ends before its limit. */
const pageSize = 8 * 1024 * 1024;

/**
 * All rows of a table, in the order of its primary key, no faster than they are taken and in constant memory. The query ends in
 * the database when its consumer leaves.
 *
 * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED where the table is not there, DATABASE_…
 */
export async function streamTable(pool: Pool, table: TableName, signal: AbortSignal): Promise<TableRows> {
  const keyset = await readKeyset(pool, table);
  const order = keyset === null ? '' : ` ORDER BY ${keyset.columns.join(', ')}`;
  return streamQuery(pool, `SELECT * FROM ${quoteTable(table)}${order}`, signal, patience);
}

/** A consumer may rest for an hour; both servers give up after a minute by themselves. */
const patience = 'SET SESSION net_write_timeout = 3600';

/**
 * A page of a table's rows: from page to page each row comes once. Goes on after the last row's primary key; in a table
 * without one by counting, so that rows may be missed or repeated where others write to it.
 *
 * @throws MillraceError INVALID_CURSOR, QUERY_FAILED where the table is not there, DATABASE_…
 */
export async function pageTable(
  pool: Pool,
  table: TableName,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<TablePage> {
  const cursor = after === null ? null : readCursor(after);
  const keyset = await readKeyset(pool, table);
  return keyset === null ? countedPage(pool, table, cursor, limit) : keyedPage(pool, table, keyset, cursor, limit);
}

async function keyedPage(
  pool: Pool,
  table: TableName,
  keyset: Keyset,
  cursor: Cursor | null,
  limit: number,
): Promise<TablePage> {
  const from = quoteTable(table);
  const key = keyset.columns.join(', ');
  const where = cursor === null ? '' : `WHERE ${keyset.after(cursor.key ?? [])}`;
  const sql = `SELECT ${from}.*, ${key} FROM ${from} ${where} ORDER BY ${key} LIMIT ${limit + 1}`;
  const { columns, rows, isLast } = await takePage(pool, sql, limit);
  const visible = columns.length - keyset.columns.length;
  return {
    columns: columns.slice(0, visible),
    rows: rows.map((row) => row.slice(0, visible)),
    next: isLast ? null : writeCursor({ key: rows.at(-1)!.slice(visible) }),
  };
}

async function countedPage(pool: Pool, table: TableName, cursor: Cursor | null, limit: number): Promise<TablePage> {
  const offset = cursor === null ? 0 : cursor.offset;
  if (offset === undefined) throw invalidCursor();
  const sql = `SELECT * FROM ${quoteTable(table)} LIMIT ${limit + 1} OFFSET ${offset}`;
  const { columns, rows, isLast } = await takePage(pool, sql, limit);
  return { columns, rows, next: isLast ? null : writeCursor({ offset: offset + rows.length }) };
}

/** At least one of the rows where there is one, at most `limit`. */
async function takePage(
  pool: Pool,
  sql: string,
  limit: number,
): Promise<{ readonly columns: readonly ResultColumn[]; readonly rows: readonly Row[]; readonly isLast: boolean }> {
  const { columns, rows } = await streamQuery(pool, sql, new AbortController().signal);
  const page: Row[] = [];
  let size = 0;
  for await (const row of rows) {
    if (page.length === limit || size > pageSize) return { columns, rows: page, isLast: false };
    page.push(row);
    size += JSON.stringify(row).length;
  }
  return { columns, rows: page, isLast: true };
}

async function streamQuery(pool: Pool, sql: string, signal: AbortSignal, setting?: string): Promise<TableRows> {
  const connection = await pool.getConnection();
  const batches = streamRows(connection, { sql, signal, leave: () => endQuery(pool, connection) });
  try {
    if (setting !== undefined) await connection.query(setting);
    const first = await batches.next();
    const columns = resultColumns(first.value.fields);
    return { columns, rows: rowsOf(first.value, batches, columns, connection, signal) };
  } catch (error) {
    connection.release();
    throw error;
  }
}

async function* rowsOf(
  first: RowBatch,
  others: AsyncGenerator<RowBatch>,
  columns: readonly ResultColumn[],
  connection: PoolConnection,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const sent = sentValues(columns);
  try {
    for (let batch: RowBatch | null = first; batch !== null; batch = (await others.next()).value ?? null) {
      for (const row of batch.rows) {
        signal.throwIfAborted();
        yield sent(row);
      }
    }
  } finally {
    await others.return(undefined);
    connection.release();
  }
}

/** The last row's key, or how many rows there were. */
interface Cursor {
  readonly key?: readonly unknown[];
  readonly offset?: number;
}

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function readCursor(text: string): Cursor {
  try {
    const { key, offset } = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(key)) return { key };
    if (Number.isSafeInteger(offset) && offset >= 0) return { offset };
  } catch {}
  throw invalidCursor();
}
