import mysql from 'mysql2';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { MillraceError } from '../errors.ts';
import { quoteName } from './identifiers.ts';

/** The order of a table's rows, and how to go on in it after a row. */
export interface Keyset {
  /** Names of the primary key's columns, quoted; none: the rows are in no known order. */
  readonly columns: readonly string[];
  /** SQL of a condition on the key: the rows after the one whose key has these values, as they were sent. */
  after(values: readonly unknown[]): string;
}

type Literal = (value: unknown) => string;

const number: Literal = (value) => {
  if (!/^-?\d+(\.\d+)?$/.test(String(value))) throw invalidCursor();
  return String(value);
};
const text: Literal = (value) => mysql.escape(String(value));
const time: Literal = (value) => text(String(value).replace('T', ' ').replace('Z', ''));
const binary: Literal = (value) => mysql.escape(Buffer.from(String(value), 'base64'));

/**
 * Column types whose values, written as a literal, compare as the column is sorted. FLOAT is not sent exactly, ENUM and SET are
 * sorted by number.
 */
const literals: Readonly<Record<string, Literal>> = {
  ...Object.fromEntries(
    ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'].map((t) => [t, number]),
  ),
  ...Object.fromEntries(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'].map((t) => [t, text])),
  ...Object.fromEntries(['date', 'datetime', 'timestamp', 'time'].map((t) => [t, time])),
  ...Object.fromEntries(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'].map((t) => [t, binary])),
};

/** The primary key of a table; without one, or with a column that cannot be compared, null. */
export async function readKeyset(
  pool: Pool,
  { database, table }: { readonly database: string | null; readonly table: string },
): Promise<Keyset | null> {
  const [key] = await pool.query<RowDataPacket[]>(
    `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type
     FROM information_schema.STATISTICS AS s
     JOIN information_schema.COLUMNS AS c USING (TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME)
     WHERE s.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND s.TABLE_NAME = ? AND s.INDEX_NAME = 'PRIMARY'
     ORDER BY s.SEQ_IN_INDEX`,
    [database, table],
  );
  const columns = key.map(({ name }) => quoteName(name));
  const literalOf = key.map(({ type }) => literals[String(type).toLowerCase()]);
  if (columns.length === 0 || literalOf.includes(undefined)) return null;
  return {
    columns,
    after(values) {
      if (values.length !== columns.length) throw invalidCursor();
      return afterSql(
        columns,
        values.map((value, index) => literalOf[index]!(value)),
      );
    },
  };
}

/** `a > 1 OR (a = 1 AND b > 2)`: both servers read it from the index, which they do not for `(a, b) > (1, 2)`. */
function afterSql(columns: readonly string[], values: readonly string[]): string {
  const isEqual = (index: number) => `${columns[index]} = ${values[index]}`;
  const ranges = columns.map((column, index) => {
    const before = Array.from({ length: index }, (_, earlier) => isEqual(earlier));
    return `(${[...before, `${column} > ${values[index]}`].join(' AND ')})`;
  });
  return ranges.join(' OR ');
}

export function invalidCursor(): MillraceError {
  return new MillraceError('INVALID_CURSOR', 'the cursor is not one of this table', {
    hint: 'begin again without a cursor',
  });
}
