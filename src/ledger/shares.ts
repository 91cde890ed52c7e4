import { quoteName } from '../datasource/identifiers.ts';

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
