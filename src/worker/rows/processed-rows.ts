import type { Outcome } from '../row-program.ts';
import type { PendingRow } from './pending-rows.ts';

/** Rows, and what became of each, in the same order. */
export interface ProcessedRows {
  readonly rows: readonly Pick<PendingRow, 'row'>[];
  readonly outcomes: readonly Outcome[];
}
