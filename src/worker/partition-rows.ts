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
