import { totalmem } from 'node:os';
import { posix } from 'node:path';
import type { Pool } from 'mysql2/promise';
import type { Config } from '../config.ts';
import type { DatabasePools } from '../datasource/accounts.ts';
import { countRows } from '../datasource/count-rows.ts';
import { readMeasurements, type StoredMeasurement } from '../ledger/measurements.ts';
import { readModel } from '../ledger/registry.ts';
import { isoTime } from '../ledger/times.ts';
import { readTrainingTimes } from '../ledger/trainings.ts';
import type { CatalogCosts, ModelRun, TrainingRun } from './costs.ts';
import { digestHere } from './digest-here.ts';

/** A step whose cost the planner asks for. */
/** A training whose cost the planner tells. */
export interface TrainingQuestion {
  /** As the plan names it. */
  readonly estimator: string;
  readonly query: string;
  /** Whether its rows may be counted without an effect. */
  readonly isCountable: boolean;
}

export interface CostQuestion {
  /** The model as the statement names it. */
  readonly model: string;
  readonly query: string;
  /** Whether the planner chooses by the number of rows, and they may be counted without an effect. */
  readonly isCounted: boolean;
}

/** Reads what runs of the models took. Rows are counted only for models that were measured. */
export async function loadCosts(
  { system, users }: DatabasePools,
  { schema, volumes, engine }: Config,
  questions: readonly CostQuestion[],
  trainingQuestions: readonly TrainingQuestion[],
): Promise<CatalogCosts> {
  const runs: Record<string, readonly ModelRun[]> = {};
  const rows: Record<string, number> = {};
  for (const { model, query, isCounted } of questions) {
    const { files, measurements } = await measurementsOf(system, schema, volumes, model);
    for (const file of files) runs[file] ??= measurements.flatMap(runOf);
    if (!isCounted || measurements.length === 0 || Object.hasOwn(rows, query)) continue;
    const count = await countRows(users, query);
    if (count !== null) rows[query] = count;
  }
  const trainings: Record<string, readonly TrainingRun[]> = {};
  for (const { estimator, query, isCountable } of trainingQuestions) {
    trainings[estimator] ??= (await readTrainingTimes(system, schema, estimator)).map(({ measuredAt, ...took }) => ({
      ...took,
      at: isoTime(measuredAt),
    }));
    if (!isCountable || trainings[estimator].length === 0 || Object.hasOwn(rows, query)) continue;
    const count = await countRows(users, query);
    if (count !== null) rows[query] = count;
  }
  return { runs, rows, trainings, memory: engine === 'local' ? totalmem() : null };
}

interface ModelMeasurements {
  /** What the plan may call the model's file. */
  readonly files: readonly string[];
  readonly measurements: readonly StoredMeasurement[];
}

async function measurementsOf(
  pool: Pool,
  schema: string,
  volumes: Config['volumes'],
  written: string,
): Promise<ModelMeasurements> {
  const [name = '', version] = written.split('@');
  const registered = written.startsWith('/') ? null : await readModel(pool, schema, name, Number(version) || null);
  if (registered?.base) return measurementsOf(pool, schema, volumes, registered.base);
  if (registered?.digest) {
    const files = [registered.file ?? `${registered.name}@${registered.version}`];
    return { files, measurements: await readMeasurements(pool, schema, { digest: registered.digest }) };
  }
  const file = posix.normalize(written.startsWith('/') ? written : `/models/${written}.onnx`);
  const measurements = await readMeasurements(pool, schema, { name: posix.basename(file, '.onnx'), version: null });
  if (measurements.length === 0) return { files: [file], measurements };
  const digest = await digestHere(file, volumes, new Set(measurements.map((each) => each.digest)));
  return { files: [file], measurements: measurements.filter((each) => digest === null || each.digest === digest) };
}

function runOf(measurement: StoredMeasurement): readonly ModelRun[] {
  const { origin, device, batch, images, partitions, atOnce, totalMs, startS, peakMemory, measuredAt } = measurement;
  if (origin === 'imported' || device === null || batch === null || totalMs === null || startS === null) return [];
  // Evaluations with another size of the input are kept for their accuracy, without the partitions.
  if (origin === 'evaluation' && partitions === null) return [];
  const run = { kind: origin, device, batch, images, imageMs: totalMs, startSeconds: startS, peakMemory };
  return [{ ...run, measuredAt: isoTime(measuredAt), partitions: partitions ?? 1, atOnce: atOnce ?? 1 }];
}
