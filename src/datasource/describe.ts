import mysql from 'mysql2';
import type { FieldPacket, Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import { valueKind } from './column-types.ts';

export interface Column {
  readonly name: string;
  /** The type as the server names it. */
  readonly type: string;
}

export interface QueryColumn extends Column {
  /** Maximum number of bytes of a value; null: its type is not one of bytes. */
  readonly bytes: number | null;
  /** What its values are to a model: dates, times and BIT are numbers. */
  readonly kind: 'number' | 'text' | 'binary';
}

export interface QueryDescription {
  /** Columns in the query's order; names may repeat. Empty for a statement that returns no rows. */
  readonly columns: readonly QueryColumn[];
}

export interface TableDescription {
  readonly kind: 'table' | 'view';
  readonly columns: readonly Column[];
}

/**
 * Reads the columns of a query by preparing it; nothing is executed.
 *
 * @throws MillraceError QUERY_FAILED with the server's message, DATABASE_…
 */
export async function describeQuery(pool: Pool, sql: string): Promise<QueryDescription> {
  const connection = await pool.getConnection();
  try {
    const { statement } = (await connection.prepare(sql)) as unknown as { statement: PreparedStatement };
    connection.unprepare(sql);
    if (statement.parameters.length > 0) throw placeholder();
    return { columns: statement.columns.map(describeField) };
  } finally {
    connection.release();
  }
}

/** The fields of mysql2's PreparedStatementInfo that its types lack. */
interface PreparedStatement {
  readonly columns: readonly (FieldPacket & { readonly characterSet?: number; readonly columnLength?: number })[];
  readonly parameters: readonly FieldPacket[];
}

/** The collation of bytes: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_character_set.html */
const binary = 63;

function describeField(field: PreparedStatement['columns'][number]): QueryColumn {
  const { name, columnType, characterSet, columnLength } = field;
  const type = typeName(columnType);
  const isBytes = characterSet === binary && (type.endsWith('blob') || type.endsWith('string'));
  return { name, type, bytes: isBytes ? (columnLength ?? null) : null, kind: valueKind(field) };
}

function typeName(columnType = -1): string {
  return String((mysql.Types as unknown as Record<number, string>)[columnType] ?? 'unknown').toLowerCase();
}

function placeholder(): MillraceError {
  return new MillraceError('QUERY_FAILED', 'the query contains a ? outside quotes, which has no value', {
    hint: 'replace the ? with a value',
  });
}

/** Reads a table or view with all of its columns, including invisible ones. @returns null if it does not exist or the account may not see it */
export async function describeTable(
  pool: Pick<Pool, 'query'>,
  { database, table }: { readonly database: string | null; readonly table: string },
): Promise<TableDescription | null> {
  const [[found]] = await pool.query<RowDataPacket[]>(
    `SELECT TABLE_TYPE AS type FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ?`,
    [database, table],
  );
  if (found === undefined) return null;
  const [columns] = await pool.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [database, table],
  );
  return {
    kind: String(found.type).includes('VIEW') ? 'view' : 'table',
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
}

/** Both servers ignore the case of columns. */
export function hasColumn(table: TableDescription | null, column: string): boolean {
  return table?.columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()) ?? false;
}
