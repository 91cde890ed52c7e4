import type { RowDataPacket, TypeCast } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { withReconnect } from '../../datasource/pool.ts';
import type { TakenPartition } from '../../ledger/partitions.ts';
import { withoutOutcome } from '../../ledger/row-outcomes.ts';
import { partitionOfValue } from '../../ledger/shares.ts';
import { hiddenColumns } from '../../task.ts';
import type { RowsContext } from '../context.ts';
import type { InputRow } from '../row-program.ts';
import { largeValue } from './large-values.ts';
import type { Pace } from './pace.ts';

export interface PendingRow {
  readonly row: string;
  /** Of the columns that the program reads. */
  readonly values: InputRow;
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
  const { sql, values } = pageQuery(context, taken, columns, large);
  const read = (value: unknown, index: number, row: string) =>
    large.has(columns[index]!) ? largeValue(context, columns[index]!, row) : (value as Buffer | null);
  for (let after = '0', isLast = false; !isLast && !context.signal.aborted; ) {
    const most = pace.rows();
    const page = { sql, values: [...values, after, most], typeCast: valuesAsSent, rowsAsArray: true };
    const [found] = await withReconnect(() => context.pool.query<RowDataPacket[][]>(page), { signal: context.signal });
    const rows = found.map(([number, ...values]) => {
      const row = String(number);
      return { row, values: values.map((value, index) => read(value, index, row)) };
    });
    isLast = rows.length < most;
    yield { rows, isLast };
    after = rows.at(-1)?.row ?? after;
  }
}

/** The bytes of a value as the server shows it: `00042` of an INT(5) ZEROFILL, which mysql2 would make 42. */
const valuesAsSent: TypeCast = (field, next) => (field.name === 'row_id' ? next() : field.buffer());

function pageQuery(
  { task, schema, names }: RowsContext,
  taken: TakenPartition,
  columns: readonly string[],
  large: ReadonlySet<string>,
) {
  const row = `s.${quoteName(hiddenColumns.row)}`;
  const share = shareCondition(task.partitionBy, task.partitions, taken, row);
  const without = withoutOutcome(schema, row);
  const values = columns.map(
    (column, index) => `, ${large.has(column) ? 'NULL' : `s.${quoteName(column)}`} AS value_${index}`,
  );
  const sql = `SELECT ${row} AS row_id${values.join('')} FROM ${quoteTable(names.selection)} AS s
    ${without.join}
    WHERE ${share.sql} AND ${without.condition} AND ${row} > ?
    ORDER BY ${row} LIMIT ?`;
  return { sql, values: [names.id, ...share.values] };
}

/** Which rows are the partition's: a range of row numbers, or those whose column hashes to the partition's number. */
function shareCondition(partitionBy: string | null, partitions: number, taken: TakenPartition, row: string) {
  if (partitionBy === null) return { sql: `${row} BETWEEN ? AND ?`, values: [taken.firstRow, taken.lastRow] };
  return { sql: `${partitionOfValue(partitionBy, partitions)} = ?`, values: [taken.partitionNo] };
}
