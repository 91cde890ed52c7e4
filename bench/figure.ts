/** One measured number. */
export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Comparison with another figure of the same run. */
  readonly against?: { readonly baseline: string; readonly ratio: number };
}

export interface Table {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** @param part 0 to 1 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
