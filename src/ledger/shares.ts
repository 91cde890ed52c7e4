import { quoteName } from '../datasource/identifiers.ts';

/** A partition that has rows. */
export interface PartitionRows {
  readonly number: number;
  /** Number of the first row, starting at 1. */
  readonly first: number;
  /** Number of the last row, inclusive. */
  readonly last: number;
}

/** Divides rows 1..rows into ranges whose sizes differ by at most one: `partitions` ranges, but at most one per row. */
export function partitionRows(rows: number, partitions: number): readonly PartitionRows[] {
  const length = Math.min(partitions, rows);
  const bound = (number: number) => Math.floor((rows * number) / length);
  return Array.from({ length }, (_, number) => ({ number, first: bound(number) + 1, last: bound(number + 1) }));
}

/** SQL for the number of the partition of a row of `s`, by its value in a column. NULL and '' are in the same partition. */
export function partitionOfValue(column: string, partitions: number): string {
  return `MOD(CRC32(COALESCE(CAST(s.${quoteName(column)} AS CHAR), '')), ${partitions})`;
}
