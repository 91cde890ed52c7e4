import { basename } from 'node:path';
import { recordRun } from '../../ledger/measurements.ts';
import { modelOfDigest } from '../../ledger/registry.ts';
import { readRunTimings } from '../../ledger/run-timings.ts';
import { isMeasured } from '../../programs/measured-settings.ts';
import type { RowsContext } from '../context.ts';

/** Keeps what the step took with the measurements of its model. The result is published: no failure here is one of the step. */
export async function recordTimings(context: RowsContext): Promise<void> {
  const { pool, schema, task, log } = context;
  if (!isMeasured(task.program)) return;
  try {
    const timings = await readRunTimings(context);
    if (timings === null) return;
    const { rows, startSeconds, seconds, ...measured } = timings;
    const model = await modelOfDigest(pool, schema, timings.digest);
    await recordRun(pool, schema, {
      ...measured,
      modelName: model?.name ?? basename(task.program.settings.model, '.onnx'),
      version: model?.version ?? null,
      statementId: task.statement,
      step: task.step,
      origin: 'run',
      images: rows,
      startS: startSeconds,
      accuracy: null,
      perClass: null,
    });
  } catch (error) {
    log.warn({ error: String(error) }, 'the timings of this run are not kept');
  }
}
