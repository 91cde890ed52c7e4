import type { RowDataPacket, TypeCast } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { transaction, withReconnect } from '../../datasource/pool.ts';
import { hiddenColumns } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { imageName } from '../image/image-name.ts';
import { partitionOfValue } from './partition-rows.ts';

export interface TakenPartition {
  readonly partitionNo: number;
  /** Grows by one each time a worker takes the partition; only the last taker's writes are accepted. */
  readonly attempt: number;
  readonly firstRow: string;
  readonly lastRow: string;
}

export interface PendingRow {
  readonly row: string;
  /** Undefined: bytes that are no text. */
  readonly image: string | null | undefined;
}

/** Takes the partition for this process: whoever held it before can write no more. null: it has no rows. */
export function takePartition(
  { pool, schema, names }: WorkerContext,
  partitionNo: number,
): Promise<TakenPartition | null> {
  const partitions = quoteTable({ database: schema, table: 'partitions' });
  const key = [names.id, partitionNo];
  return transaction(pool, async (connection) => {
    await connection.query(
      `UPDATE ${partitions} SET attempt = attempt + 1, state = 'running', started_at = COALESCE(started_at, NOW(6))
       WHERE selection_id = ? AND partition_no = ?`,
      key,
    );
    const [found] = await connection.query<RowDataPacket[]>(
      `SELECT attempt, first_row, last_row FROM ${partitions} WHERE selection_id = ? AND partition_no = ?`,
      key,
    );
    const [row] = found;
    if (row === undefined) return null;
    return { partitionNo, attempt: row.attempt, firstRow: String(row.first_row), lastRow: String(row.last_row) };
  });
}

/** The partition's rows that the ledger does not hold, in batches, by keyset: memory does not grow with the selection. */
export async function* pendingRows(
  context: WorkerContext,
  taken: TakenPartition,
  imageColumn: string,
): AsyncGenerator<readonly PendingRow[]> {
  const { sql, values } = pageQuery(context, taken, imageColumn);
  for (let after = '0'; ; ) {
    if (context.signal.aborted) return;
    const page = { sql, values: [...values, after], typeCast: imageAsSent };
    const [rows] = await withReconnect(() => context.pool.query<RowDataPacket[]>(page), { signal: context.signal });
    if (rows.length === 0) return;
    yield rows.map(({ row_id, image }) => ({ row: String(row_id), image: imageName(image) }));
    after = String(rows.at(-1)?.row_id);
  }
}

/** The bytes of the value as the server shows it: `00042` of an INT(5) ZEROFILL, which mysql2 would make 42. */
const imageAsSent: TypeCast = (field, next) => (field.name === 'image' ? field.buffer() : next());

function pageQuery({ task, schema, names }: WorkerContext, taken: TakenPartition, imageColumn: string) {
  const row = `s.${quoteName(hiddenColumns.row)}`;
  const share = shareCondition(task.partitionBy, task.partitions, taken, row);
  const sql = `SELECT ${row} AS row_id, s.${quoteName(imageColumn)} AS image FROM ${quoteTable(names.selection)} AS s
    LEFT JOIN ${quoteTable({ database: schema, table: 'ledger' })} AS l ON l.selection_id = ? AND l.row_id = ${row}
    WHERE ${share.sql} AND l.row_id IS NULL AND ${row} > ?
    ORDER BY ${row} LIMIT ${task.batchSize}`;
  return { sql, values: [names.id, ...share.values] };
}

/** Which rows are the partition's: a range of row numbers, or those whose column hashes to the partition's number. */
function shareCondition(partitionBy: string | null, partitions: number, taken: TakenPartition, row: string) {
  if (partitionBy === null) return { sql: `${row} BETWEEN ? AND ?`, values: [taken.firstRow, taken.lastRow] };
  return { sql: `${partitionOfValue(partitionBy, partitions)} = ?`, values: [taken.partitionNo] };
}
