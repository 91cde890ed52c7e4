import { basename } from 'node:path';
import { recordMeasurement } from '../../ledger/measurements.ts';
import { modelOfDigest } from '../../ledger/registry.ts';
import type { RunTimings } from '../../ledger/run-timings.ts';
import { isMeasured } from '../../programs/measured-settings.ts';
import { runsOneModel } from '../../programs/programs.ts';
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
  if (!runsOneModel(program)) return;
  const registered = timings === null ? null : await modelOfDigest(pool, schema, timings.digest);
  await recordMeasurement(pool, schema, {
    modelName: registered?.name ?? basename(program.settings.model, '.onnx'),
    version: registered?.version ?? null,
    digest: timings?.digest ?? null,
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
