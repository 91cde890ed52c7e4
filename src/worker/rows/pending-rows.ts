import type { RowDataPacket, TypeCast } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import { withReconnect } from '../../datasource/pool.ts';
import type { TakenPartition } from '../../ledger/partitions.ts';
import { withoutOutcome } from '../../ledger/row-outcomes.ts';
import { partitionOfValue } from '../../ledger/shares.ts';
import { hiddenColumns } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { imageName } from '../image/image-name.ts';

export interface PendingRow {
  readonly row: string;
  /** Undefined: bytes that are no text. */
  readonly image: string | null | undefined;
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
  const without = withoutOutcome(schema, row);
  const sql = `SELECT ${row} AS row_id, s.${quoteName(imageColumn)} AS image FROM ${quoteTable(names.selection)} AS s
    ${without.join}
    WHERE ${share.sql} AND ${without.condition} AND ${row} > ?
    ORDER BY ${row} LIMIT ${task.batchSize}`;
  return { sql, values: [names.id, ...share.values] };
}

/** Which rows are the partition's: a range of row numbers, or those whose column hashes to the partition's number. */
function shareCondition(partitionBy: string | null, partitions: number, taken: TakenPartition, row: string) {
  if (partitionBy === null) return { sql: `${row} BETWEEN ? AND ?`, values: [taken.firstRow, taken.lastRow] };
  return { sql: `${partitionOfValue(partitionBy, partitions)} = ?`, values: [taken.partitionNo] };
}
