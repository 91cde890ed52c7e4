import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteName, quoteTable } from '../../datasource/identifiers.ts';
import type { TableTarget } from '../../task.ts';

/** A partition that has rows. */
export interface PartitionRows {
  readonly number: number;
  /** From 1. */
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** Rows 1..rows in ranges whose sizes differ by at most one: `partitions` of them, or as many as there are rows. */
export function partitionRows(rows: number, partitions: number): readonly PartitionRows[] {
  const length = Math.min(partitions, rows);
  const bound = (number: number) => Math.floor((rows * number) / length);
  return Array.from({ length }, (_, number) => ({ number, first: bound(number) + 1, last: bound(number + 1) }));
}

/** The number of the partition that a row of `s` belongs to by its value in a column, as SQL. NULL and '' go together. */
export function partitionOfValue(column: string, partitions: number): string {
  return `MOD(CRC32(COALESCE(CAST(s.${quoteName(column)} AS CHAR), '')), ${partitions})`;
}

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
