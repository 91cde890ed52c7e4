import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteTable } from '../../datasource/identifiers.ts';
import { type PartitionRows, partitionOfValue } from '../../ledger/shares.ts';
import type { TableTarget } from '../../task.ts';

/** How many rows each partition gets by their values in a column, as a range from 1; such rows lie anywhere in the selection. */
export async function partitionValues(
  pool: Pool,
  selection: TableTarget,
  column: string,
  partitions: number,
): Promise<readonly PartitionRows[]> {
  const [counts] = await pool.query<RowDataPacket[]>(
    `SELECT ${partitionOfValue(column, partitions)} AS partition_no, COUNT(*) AS n FROM ${quoteTable(selection)} AS s GROUP BY 1 ORDER BY 1`,
  );
  return counts.map(({ partition_no, n }) => ({ number: Number(partition_no), first: 1, last: Number(n) }));
}
