import type { LabelTable } from '../../labels/label-columns.ts';

export interface ComparedTables {
  readonly result: LabelTable;
  readonly labels: LabelTable;
}

export interface EvaluateOptions {
  readonly confidence: number;
  readonly plot?: string | undefined;
  /** The result table as it was named. */
  readonly title: string;
}

/** A share as people read it. null and COCOeval's -1: there is nothing to divide by. */
export function share(value: number | null): string {
  return value === null || value < 0 ? '-' : value.toFixed(3);
}
