import type { RowDataPacket, TypeCast } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import type { TakenPartition } from '../../ledger/partitions.ts';
import { withoutOutcome } from '../../ledger/row-outcomes.ts';
import { partitionOfValue } from '../../ledger/shares.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { AnyRow, ColumnValue } from '../row-program.ts';
import { type TrainingColumn, trainingColumns } from '../train/column-values.ts';
import { largeValue } from './large-values.ts';
import type { Pace } from './pace.ts';

export interface PendingRow {
  readonly row: string;
  /** Of the columns that the program reads. */
  readonly values: AnyRow;
}

/** Rows of a partition that are read together. */
export interface PendingPage {
  readonly rows: readonly PendingRow[];
  /** Whether the partition has no further rows. */
  readonly isLast: boolean;
}

/** How the pending rows of partitions are read. */
export interface RowReading {
  /** Columns that the program reads. */
  readonly columns: readonly string[];
  /** Those of them whose values are read one by one. */
  readonly large: ReadonlySet<string>;
  readonly pace: Pick<Pace, 'rows'>;
}

/** The partition's rows that the ledger does not hold, in pages, by keyset: memory does not grow with the selection. */
export async function* pendingRows(
  context: RowsContext,
  taken: TakenPartition,
  { columns, large, pace }: RowReading,
): AsyncGenerator<PendingPage> {
  const readPage = context.program.readsValues
    ? pagesOfValues(context, taken, columns)
    : pagesOfBytes(context, taken, columns, large);
  for (let after = '0', isLast = false; !isLast && !context.signal.aborted; ) {
    const most = pace.rows();
    const rows = await readPage(after, most);
    isLast = rows.length < most;
    yield { rows, isLast };
    after = rows.at(-1)?.row ?? after;
  }
}

type ReadPage = (after: string, most: number) => Promise<readonly PendingRow[]>;

function pagesOfBytes(
  context: RowsContext,
  taken: TakenPartition,
  columns: readonly string[],
  large: ReadonlySet<string>,
): ReadPage {
  const valueSql = columns.map(
    (column, index) => `, ${large.has(column) ? 'NULL' : `s.${quoteName(column)}`} AS value_${index}`,
  );
  const { sql, shares } = pageQuery(context, taken, valueSql, '?');
  const values = [context.names.id, ...shares];
  const read = (value: unknown, index: number, row: string) =>
    large.has(columns[index]!) ? largeValue(context, columns[index]!, row) : (value as Buffer | null);
  return async (after, most) => {
    const page = { sql, values: [...values, after, most], typeCast: valuesAsSent, rowsAsArray: true };
    const [found] = await withReconnect(() => context.pool.query<RowDataPacket[][]>(page), { signal: context.signal });
    return found.map(([number, ...values]) => {
      const row = String(number);
      return { row, values: values.map((value, index) => read(value, index, row)) };
    });
  };
}

/** By a prepared statement, as the trainer reads its rows: in a text, a FLOAT has six digits. */
function pagesOfValues(context: RowsContext, taken: TakenPartition, columns: readonly string[]): ReadPage {
  const { pool, signal, names } = context;
  const values = columns.map((column) => `, s.${quoteName(column)}`);
  // A bound value would be binary, and while a statement has one, nobody can read MySQL's PROCESSLIST.
  const { sql, shares } = pageQuery(context, taken, values, `UNHEX('${names.id.toString('hex')}')`);
  // A number would be sent as a DOUBLE, which LIMIT refuses.
  const bound = shares.map(String);
  return async (after, most) => {
    const read = () => pool.execute<RowDataPacket[][]>({ sql, rowsAsArray: true }, [...bound, after, String(most)]);
    const [found, fields] = await withReconnect(read, { signal });
    const converters = trainingColumns(fields.slice(1));
    return found.map(([number, ...row]) => ({
      row: String(number),
      values: row.map((value, index) => typedValue(value, converters[index]!)),
    }));
  };
}

function typedValue(value: unknown, { convert }: TrainingColumn): ColumnValue {
  if (value === null || value === undefined) return null;
  try {
    return convert(value);
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

/** The bytes of a value as the server shows it: `00042` of an INT(5) ZEROFILL, which mysql2 would make 42. */
const valuesAsSent: TypeCast = (field, next) => (field.name === 'row_id' ? next() : field.buffer());

/** @param selection SQL of the selection's key */
function pageQuery(
  { task, schema, names }: RowsContext,
  taken: TakenPartition,
  values: readonly string[],
  selection: string,
) {
  const row = `s.${quoteName(hiddenColumns.row)}`;
  const share = shareCondition(task.partitionBy, task.partitions, taken, row);
  const without = withoutOutcome(schema, row);
  const sql = `SELECT ${row} AS row_id${values.join('')} FROM ${quoteTable(names.selection)} AS s
    ${without.join.replace('?', selection)}
    WHERE ${share.sql} AND ${without.condition} AND ${row} > ?
    ORDER BY ${row} LIMIT ?`;
  return { sql, shares: share.values };
}

/** Which rows are the partition's: a range of row numbers, or those whose column hashes to the partition's number. */
function shareCondition(partitionBy: string | null, partitions: number, taken: TakenPartition, row: string) {
  if (partitionBy === null) return { sql: `${row} BETWEEN ? AND ?`, values: [taken.firstRow, taken.lastRow] };
  return { sql: `${partitionOfValue(partitionBy, partitions)} = ?`, values: [taken.partitionNo] };
}
