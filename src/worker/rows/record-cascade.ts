import { recordRun } from '../../ledger/measurements.ts';
import { readModelCounts } from '../../ledger/model-counts.ts';
import { modelOfDigest } from '../../ledger/registry.ts';
import { readRunTimings } from '../../ledger/run-timings.ts';
import type { RowsContext } from '../context.ts';

/** A model that saw fewer images is not measured by them. */
const fewestImages = 8;

/** Keeps what each model of a cascade took with its measurements: the next plan is made with them. No failure here is one of the step. */
export async function recordCascade(context: RowsContext): Promise<void> {
  const { pool, schema, task, names, log } = context;
  const { program } = task;
  if (program.name !== 'find') return;
  try {
    const timings = await readRunTimings(context);
    if (timings === null) return;
    const counts = await readModelCounts(pool, schema, [names.id]);
    for (const { model, asked, reused, inferMs } of counts.get(names.id.toString('hex')) ?? []) {
      const { reference, simulation } = program.settings.cascade.models[model]!;
      const images = asked - reused;
      // A simulated model takes as long as it says.
      if (images < fewestImages || simulation !== null || reference?.digest == null) continue;
      const registered = await modelOfDigest(pool, schema, reference.digest);
      await recordRun(pool, schema, {
        ...{ modelName: registered?.name ?? reference.name, version: registered?.version ?? reference.version },
        ...{ digest: reference.digest, statementId: task.statement, step: `${task.step}, model ${model + 1}` },
        ...{ origin: 'run', device: timings.device, batch: timings.batch, images },
        ...{ decodeMs: null, inferMs: inferMs / images, totalMs: null, startS: null, peakMemory: null },
        ...{ accuracy: null, perClass: null },
      });
    }
  } catch (error) {
    log.warn({ error: String(error) }, 'the timings of the models are not kept');
  }
}
