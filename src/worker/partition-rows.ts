import type { Pool, RowDataPacket } from 'mysql2/promise';
import { quoteName, quoteTable } from '../datasource/identifiers.ts';
import type { TableTarget } from '../task.ts';

export interface RowRange {
  /** From 1. */
  readonly first: number;
  /** Inclusive; less than `first` where the range is empty. */
  readonly last: number;
}

/** Rows 1..rows in `partitions` ranges whose sizes differ by at most one. */
export function partitionRows(rows: number, partitions: number): readonly RowRange[] {
  const bound = (index: number) => Math.floor((rows * index) / partitions);
  return Array.from({ length: partitions }, (_, index) => ({ first: bound(index) + 1, last: bound(index + 1) }));
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
): Promise<readonly RowRange[]> {
  const [counts] = await pool.query<RowDataPacket[]>(
    `SELECT ${partitionOfValue(column, partitions)} AS partition_no, COUNT(*) AS n FROM ${quoteTable(selection)} AS s GROUP BY 1`,
  );
  const rows = new Map(counts.map(({ partition_no, n }) => [Number(partition_no), Number(n)]));
  return Array.from({ length: partitions }, (_, index) => ({ first: 1, last: rows.get(index) ?? 0 }));
}
