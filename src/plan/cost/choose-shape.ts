import { type RunCost, runSeconds } from './run-time.ts';

/** A batch size that was measured. */
export interface BatchCost {
  readonly batch: number;
  readonly cost: RunCost;
  /** K at this batch size. */
  readonly fitting: number;
}

export interface ChosenShape {
  readonly partitions: number;
  readonly batch: number;
  readonly atOnce: number;
  readonly seconds: number;
}

/**
 * The numbers of partitions and the batch size with the least predicted time; of equal ones, that with fewer partitions, then the smaller
 * batch.
 * @param partitions numbers to choose from, ascending
 * @returns null if not even one partition of any batch size fits
 */
export function chooseShape(
  batches: readonly BatchCost[],
  images: number,
  partitions: readonly number[],
): ChosenShape | null {
  let best: ChosenShape | null = null;
  for (const count of partitions) {
    for (const { batch, cost, fitting } of batches.toSorted((one, other) => one.batch - other.batch)) {
      if (fitting < 1) continue;
      const seconds = runSeconds(cost, { images, partitions: count, fitting });
      if (best === null || seconds < best.seconds)
        best = { partitions: count, batch, atOnce: Math.min(count, fitting), seconds };
    }
  }
  return best;
}
