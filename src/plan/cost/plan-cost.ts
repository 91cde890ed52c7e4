import type { Catalog } from '../../catalog/catalog.ts';
import { measuredDevice } from '../../programs/device.ts';
import { measuredAs } from '../../programs/measured-settings.ts';
import { type ProgramCall, showsPictures } from '../../programs/programs.ts';
import { chooseShape } from './choose-shape.ts';
import { runSeconds } from './run-time.ts';
import { fittingOf, type MeasuredBatch, measuredBatches, type StepCost } from './step-cost.ts';

/** What a statement asks for. */
export interface Asked {
  readonly query: string;
  /** Whether its rows may be counted without an effect. */
  readonly isCountable: boolean;
  readonly partitions: number | 'auto';
  readonly parallelism: number | null;
  readonly gpu: number;
  readonly cpu: number | null;
}

/** The numbers that are chosen, and why. */
export interface PlannedCost {
  readonly partitions: number;
  readonly parallelism: number;
  /** Batch size of the model; null: the worker chooses. */
  readonly batch: number | null;
  /** null: the model was not measured on the device. */
  readonly cost: StepCost | null;
  /** A line for each number that the statement leaves to the planner. */
  readonly choices: readonly string[];
}

/**
 * Chooses the partitions and the batch size that the statement leaves open: those with the least predicted time if the model was measured
 * and the rows are counted, and otherwise as many partitions as run at once here.
 */
export function planCost(asked: Asked, program: ProgramCall, catalog: Catalog): PlannedCost {
  const batches = candidates(asked, program, catalog);
  const images = catalog.costs?.rows[asked.query] ?? null;
  if (asked.partitions !== 'auto') return withPartitions(asked, asked.partitions, program, batches, images, []);
  const fitting = Math.max(...batches.map((batch) => batch.fitting));
  if (batches.length === 0 || images === null || images === 0) {
    const most = batches.length === 0 ? catalog.parallelism : fitting;
    const why = batches.length === 0 ? notMeasured(program) : 'the rows are not counted';
    const choice = `partitions = ${most}: as many as run at once; ${why}`;
    return withPartitions(asked, most, program, batches, images, [choice]);
  }
  // Workers draw partitions: more of them than run at once save no start.
  const counts = Array.from({ length: Math.min(images, fitting) }, (_, at) => at + 1);
  const best = chooseShape(batches, images, counts)!;
  const chosen = batches.filter(({ batch }) => batch === best.batch);
  const choice = `partitions = ${best.partitions}: ${alternatives(chosen[0]!, best.partitions, images, counts.length)}`;
  return withPartitions(asked, best.partitions, program, chosen, images, [choice], batches);
}

/** Why nothing is predicted. */
export function notMeasured(program: Pick<ProgramCall, 'name'>): string {
  return `no ${measuredAs(program)} of this model on this device was measured yet`;
}

interface Candidate extends MeasuredBatch {
  readonly fitting: number;
}

/** The measured batch sizes that the statement allows. */
function candidates(asked: Asked, program: ProgramCall, catalog: Catalog): readonly Candidate[] {
  if (!showsPictures(program)) return [];
  const { settings } = program;
  if (settings.image_size !== null) return [];
  const isGpu = settings.device === 'cuda' || (settings.device === 'auto' && asked.gpu > 0);
  const threads = Math.max(1, Math.ceil(asked.cpu ?? 1));
  const kind = measuredAs(program);
  const runs = (catalog.costs?.runs[settings.model] ?? []).filter((run) => run.kind === kind);
  const usable = catalog.costs?.memory ?? null;
  const places = isGpu ? catalog.parallelism : Math.floor(catalog.parallelism / threads);
  const most = Math.max(
    1,
    Math.min(asked.parallelism ?? places, catalog.mounted === null ? Number.MAX_SAFE_INTEGER : places),
  );
  const latency = 'latency' in settings ? (settings.latency ?? 0) / 1000 : 0;
  return measuredBatches(runs, measuredDevice(isGpu ? 'cuda' : 'cpu', threads))
    .filter(({ batch }) => settings.batch === null || settings.batch === batch)
    .map((batch) => ({
      ...batch,
      cost: { ...batch.cost, imageSeconds: Math.max(batch.cost.imageSeconds, latency) },
      fitting: fittingOf(batch.memory, usable, most),
    }));
}

/** The plan with a number of partitions, and the batch size with the least time for it. */
function withPartitions(
  asked: Asked,
  partitions: number,
  { settings }: ProgramCall,
  batches: readonly Candidate[],
  images: number | null,
  choices: readonly string[],
  others = batches,
): PlannedCost {
  const shape = chooseShape(batches, images ?? 1000, [partitions]);
  const chosen = batches.find(({ batch }) => batch === shape?.batch) ?? null;
  const given = 'batch' in settings ? settings.batch : null;
  const isChosen = given === null && others.length > 1 && chosen !== null;
  const asFits = chosen === null || asked.partitions !== 'auto' ? partitions : Math.min(chosen.fitting, partitions);
  return {
    partitions,
    parallelism: Math.min(asked.parallelism ?? asFits, partitions),
    batch: isChosen ? chosen.batch : given,
    cost: chosen && {
      ...chosen.cost,
      fitting: Math.min(chosen.fitting, asked.parallelism ?? chosen.fitting),
      memory: chosen.memory,
      images,
      isCountable: asked.isCountable,
      measured: chosen.measured,
    },
    choices: isChosen ? [...choices, batchChoice(chosen.batch, others)] : choices,
  };
}

/** `the least predicted time, 6.2 s; 1: 11.9 s, 4: 6.9 s` */
function alternatives({ cost, fitting }: Candidate, best: number, images: number, most: number): string {
  const seconds = (partitions: number) => `${runSeconds(cost, { images, partitions, fitting }).toFixed(1)} s`;
  const others = [Math.floor(best / 2), best * 2].filter((count) => count >= 1 && count <= most);
  const told = others.map((count) => `${count}: ${seconds(count)}`).join(', ');
  return `the least predicted time, ${seconds(best)}${told === '' ? '' : ` (${told})`}`;
}

/** `batch_size = 4: the fastest of the measured sizes 1, 4, 8` */
function batchChoice(batch: number, batches: readonly Candidate[]): string {
  return `batch_size = ${batch}: the fastest of the measured sizes ${batches.map((each) => each.batch).join(', ')}`;
}
