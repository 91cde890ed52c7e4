import type { Pool, PoolConnection } from 'mysql2/promise';
import { type ResultColumn, type Row, resultColumns, sentValues } from './column-types.ts';
import { quoteTable } from './identifiers.ts';
import { invalidCursor, type Keyset, readKeyset } from './keyset.ts';
import { eachRow, endQuery, type RowBatch, streamRows } from './row-stream.ts';

export interface TableName {
  /** null: the session's default. */
  readonly database: string | null;
  readonly table: string;
}

export interface TableBatches {
  readonly columns: readonly ResultColumn[];
  /** Some rows at a time. Uses a connection of the pool until the end, until the consumer leaves, or until the signal is aborted. */
  readonly batches: AsyncGenerator<readonly Row[]>;
}

export interface TableRows {
  readonly columns: readonly ResultColumn[];
  readonly rows: AsyncGenerator<Row>;
}

export interface TablePage {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
  /** The cursor of the next page; null: this is the last one. */
  readonly next: string | null;
}

/** Size in characters of JSON at which a page ends before its limit. */
const pageSize = 8 * 1024 * 1024;

/**
 * Streams all rows of a table in the order of its primary key, as fast as they are consumed and in constant memory. When its consumer
 * leaves, the query ends in the database.
 *
 * @throws the signal's reason once it is aborted, MillraceError QUERY_FAILED if the table does not exist, DATABASE_…
 */
export async function streamTable(pool: Pool, table: TableName, signal: AbortSignal): Promise<TableBatches> {
  const keyset = await readKeyset(pool, table);
  const order = keyset === null ? '' : ` ORDER BY ${keyset.columns.join(', ')}`;
  return streamBatches(pool, `SELECT * FROM ${quoteTable(table)}${order}`, signal, patience);
}

/** A consumer may pause for an hour; by default, both servers give up after a minute. */
const patience = 'SET SESSION net_write_timeout = 3600';

/**
 * Reads a page of a table's rows. The pages together contain each row once. A page continues after the last row's primary key; in a table
 * without a key, after the number of rows read, so rows may be missed or repeated if the table changes.
 *
 * @throws MillraceError INVALID_CURSOR, QUERY_FAILED if the table does not exist, DATABASE_…
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

/** Reads at most `limit` rows, and at least one if there is one. */
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

/** Streams the rows of a query, as `streamTable` does. */
export async function streamQuery(pool: Pool, sql: string, signal: AbortSignal): Promise<TableRows> {
  const { columns, batches } = await streamBatches(pool, sql, signal);
  return { columns, rows: eachRow(batches) };
}

async function streamBatches(pool: Pool, sql: string, signal: AbortSignal, setting?: string): Promise<TableBatches> {
  const connection = await pool.getConnection();
  const batches = streamRows(connection, { sql, signal, leave: () => endQuery(pool, connection) });
  try {
    if (setting !== undefined) await connection.query(setting);
    const first = await batches.next();
    const columns = resultColumns(first.value.fields);
    return { columns, batches: sentBatches(first.value, batches, columns, connection, signal) };
  } catch (error) {
    connection.release();
    throw error;
  }
}

async function* sentBatches(
  first: RowBatch,
  others: AsyncGenerator<RowBatch>,
  columns: readonly ResultColumn[],
  connection: PoolConnection,
  signal: AbortSignal,
): AsyncGenerator<readonly Row[]> {
  const sent = sentValues(columns);
  try {
    for (let batch: RowBatch | null = first; batch !== null; batch = (await others.next()).value ?? null) {
      signal.throwIfAborted();
      yield batch.rows.map(sent);
    }
  } finally {
    await others.return(undefined);
    connection.release();
  }
}

/** The last row's key, or the number of rows so far. */
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
