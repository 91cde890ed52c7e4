import { basename } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { type Measurement, recordMeasurement } from '../../ledger/measurements.ts';
import { modelOfDigest } from '../../ledger/registry.ts';
import type { RunTimings } from '../../ledger/run-timings.ts';
import { isMeasured, isSimulation } from '../../programs/measured-settings.ts';
import { showsPictures } from '../../programs/programs.ts';
import type { RowsContext } from '../context.ts';
import type { Summary } from '../row-program.ts';

/** What the rows took, as figures of an evaluation. null: a partition was started again, so its times do not tell. */
export function speedOf(timings: RunTimings | null): Readonly<Record<string, number | null>> {
  return {
    decode_ms: timings?.decodeMs ?? null,
    infer_ms: timings?.inferMs ?? null,
    total_ms: timings?.totalMs ?? null,
    images_per_second: timings === null ? null : timings.rows / timings.seconds,
    peak_memory_bytes: timings?.peakMemory ?? null,
    batch: timings?.batch ?? null,
    gpu: timings === null ? null : Number(timings.device.startsWith('cuda')),
  };
}

/** Keeps the figures with the measurements of the model. */
export async function recordEvaluation(
  { pool, schema, task }: RowsContext,
  { images, accuracy, perClass }: Omit<Summary, 'rows'>,
  timings: RunTimings | null,
): Promise<void> {
  const { program } = task;
  if (!showsPictures(program)) return;
  const digest = timings?.digest ?? null;
  const model = isSimulation(program) ? simulated(task) : await fileModel(pool, schema, digest, program.settings.model);
  if (model === null) return;
  await recordMeasurement(pool, schema, {
    ...model,
    statementId: task.statement,
    step: task.step,
    origin: 'evaluation',
    device: timings?.device ?? null,
    batch: timings?.batch ?? null,
    images,
    decodeMs: timings?.decodeMs ?? null,
    inferMs: timings?.inferMs ?? null,
    totalMs: timings?.totalMs ?? null,
    startS: timings?.startSeconds ?? null,
    peakMemory: timings?.peakMemory ?? null,
    ...(isMeasured(program) && { partitions: timings?.partitions ?? null, atOnce: timings?.atOnce ?? null }),
    accuracy,
    perClass,
  });
}

type MeasuredModel = Pick<Measurement, 'modelName' | 'version' | 'digest'>;

/** A simulated model has figures of its own: those of the file that it runs stay as they are. null: it is not registered. */
function simulated({ model }: RowsContext['task']): MeasuredModel | null {
  return model === undefined ? null : { modelName: model.name, version: model.version, digest: null };
}

async function fileModel(pool: Pool, schema: string, digest: string | null, file: string): Promise<MeasuredModel> {
  const registered = digest === null ? null : await modelOfDigest(pool, schema, digest);
  return { modelName: registered?.name ?? basename(file, '.onnx'), version: registered?.version ?? null, digest };
}
