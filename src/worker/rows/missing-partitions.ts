import type { RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import type { WorkerContext } from '../context.ts';

/** Numbers of the partitions that have rows left; none once the result is published. */
export async function missingPartitions({
  pool,
  schema,
  names,
}: Pick<WorkerContext, 'pool' | 'schema' | 'names'>): Promise<readonly number[]> {
  const system = (table: string) => quoteTable({ database: schema, table });
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT p.partition_no FROM ${system('partitions')} AS p
     JOIN ${system('selections')} AS s ON s.selection_id = p.selection_id AND s.state = 'ready' AND s.row_count > 0
     WHERE p.selection_id = ? AND p.first_row <= p.last_row
     AND (p.state <> 'done' OR p.done_rows < p.last_row + 1 - p.first_row) ORDER BY p.partition_no`,
    [names.id],
  );
  return rows.map(({ partition_no }) => partition_no);
}
