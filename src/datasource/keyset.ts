import mysql from 'mysql2';
import type { FieldPacket, Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import { type ColumnType, type ResultColumn, resultColumns } from './column-types.ts';
import { quoteName, quoteTable } from './identifiers.ts';

const { Types } = mysql;

/** The order of a table's rows, and how to continue after a row. */
export interface Keyset {
  /** Quoted names of the primary key's columns; empty: the rows have no known order. */
  readonly columns: readonly string[];
  /** SQL condition for the rows after the one whose key has these values, as they were sent. */
  after(values: readonly unknown[]): string;
}

type Literal = (value: unknown) => string;

const number: Literal = (value) => {
  if (!/^-?\d+(\.\d+)?$/.test(String(value))) throw invalidCursor();
  return String(value);
};
const text: Literal = (value) => mysql.escape(String(value));
const time: Literal = (value) => text(String(value).replace('T', ' ').replace('Z', ''));
const bytes: Literal = (value) => mysql.escape(Buffer.from(String(value), 'base64'));

/** Types whose literals compare in the column's sort order. */
const literals: Partial<Record<ColumnType, Literal>> = {
  integer: number,
  bigint: number,
  decimal: number,
  date: time,
  datetime: time,
  timestamp: time,
  time: text,
  string: text,
  binary: bytes,
};

/** ENUM and SET are sorted by number, and BIT compares as one. MariaDB's own types, such as UUID, have their own orders. */
function literalOf(field: FieldPacket, { type }: ResultColumn): Literal | undefined {
  const isNumbered = (Number(field.flags) & (fieldFlags.enum | fieldFlags.set)) !== 0 || field.columnType === Types.BIT;
  const isOwn = (field as { readonly extendedTypeName?: string }).extendedTypeName !== undefined;
  return isNumbered || isOwn ? undefined : literals[type];
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html */
const fieldFlags = { enum: 1 << 8, set: 1 << 11 };

/** Reads the keyset of a table's primary key. @returns null if the table has no key, or a key column cannot be compared */
export async function readKeyset(
  pool: Pool,
  { database, table }: { readonly database: string | null; readonly table: string },
): Promise<Keyset | null> {
  const [key] = await pool.query<RowDataPacket[]>(
    `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    [database, table],
  );
  if (key.length === 0) return null;
  const columns = key.map(({ name }) => quoteName(name));
  const [, fields] = await pool.query(`SELECT ${columns.join(', ')} FROM ${quoteTable({ database, table })} LIMIT 0`);
  const types = resultColumns(fields);
  const writers = fields.map((field, index) => literalOf(field, types[index]!));
  if (writers.includes(undefined)) return null;
  return {
    columns,
    after(values) {
      if (values.length !== columns.length) throw invalidCursor();
      return afterSql(
        columns,
        values.map((value, index) => writers[index]!(value)),
      );
    },
  };
}

/** `a > 1 OR (a = 1 AND b > 2)`: both servers use the index for it, but not for `(a, b) > (1, 2)`. */
function afterSql(columns: readonly string[], values: readonly string[]): string {
  const isEqual = (index: number) => `${columns[index]} = ${values[index]}`;
  const ranges = columns.map((column, index) => {
    const before = Array.from({ length: index }, (_, earlier) => isEqual(earlier));
    return `(${[...before, `${column} > ${values[index]}`].join(' AND ')})`;
  });
  return ranges.join(' OR ');
}

export function invalidCursor(): MillraceError {
  return new MillraceError('INVALID_CURSOR', 'the cursor does not belong to this table');
}
