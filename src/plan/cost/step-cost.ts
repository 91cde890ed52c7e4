import type { ModelRun } from '../../catalog/costs.ts';
import { fitRunCost, type MeasuredRun } from './fit-run-cost.ts';
import { fittingInto, type RunCost, runSeconds, wavesOf } from './run-time.ts';

/** What a step costs, by the measurements of its model: enough to predict its time once its number of images is known. */
export interface StepCost extends RunCost {
  /** Number of partitions that can run at once. */
  readonly fitting: number;
  /** Bytes of a partition; null: not measured. */
  readonly memory: number | null;
  /** Images of the query when the step was planned; null: they were not counted. */
  readonly images: number | null;
  /** Whether the rows of its query may be counted without an effect. */
  readonly isCountable: boolean;
  readonly measured: Measured;
}

/** Where the numbers come from. */
export interface Measured {
  /** Time of the latest run. */
  readonly at: string;
  readonly device: string;
  readonly batch: number;
  readonly runs: number;
  /** Of all runs. */
  readonly images: number;
}

export interface Prediction {
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/** Workers draw partitions and start once, so more partitions than run at once take as long as those that do. */
export function predictionOf(cost: StepCost, images: number, partitions: number): Prediction {
  const atOnce = Math.min(partitions, Math.max(1, images), cost.fitting);
  const seconds = runSeconds(cost, { images, partitions: atOnce, fitting: cost.fitting });
  return { seconds, imagesPerSecond: images / seconds };
}

/** A batch size with its measured runs, and what they tell. */
export interface MeasuredBatch {
  readonly batch: number;
  readonly cost: RunCost;
  readonly memory: number | null;
  readonly measured: Measured;
}

/** By batch size, ascending. @param device as in the runs */
export function measuredBatches(runs: readonly ModelRun[], device: string): readonly MeasuredBatch[] {
  const byBatch = Map.groupBy(
    runs.filter((run) => run.device === device),
    ({ batch }) => batch,
  );
  return [...byBatch]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([batch, same]) => {
      const cost = fitRunCost(same.map(measuredRun));
      return cost === null ? [] : [{ batch, cost, memory: memoryOf(same), measured: measuredOf(same, device, batch) }];
    });
}

function measuredRun({ images, partitions, atOnce, imageMs, startSeconds }: ModelRun): MeasuredRun {
  const shape = { images, partitions: Math.min(partitions, atOnce), fitting: atOnce };
  const { waves, images: share } = wavesOf(shape);
  return { ...shape, startSeconds, seconds: waves * (startSeconds + (share * imageMs) / 1000) };
}

function memoryOf(runs: readonly ModelRun[]): number | null {
  return runs.reduce<number | null>(
    (most, { peakMemory }) => (peakMemory === null ? most : Math.max(most ?? 0, peakMemory)),
    null,
  );
}

function measuredOf(runs: readonly ModelRun[], device: string, batch: number): Measured {
  const at = runs
    .map(({ measuredAt }) => measuredAt)
    .toSorted()
    .at(-1)!;
  return { at, device, batch, runs: runs.length, images: runs.reduce((sum, { images }) => sum + images, 0) };
}

/** K: as many as the engine runs at once, and as their memory allows; at least one. */
export function fittingOf(memory: number | null, usable: number | null, most: number): number {
  if (memory === null || usable === null) return most;
  return Math.max(1, Math.min(most, fittingInto(usable, memory)));
}
