import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { fileDigest } from '../../file-digest.ts';
import { storeFile } from '../../ledger/model-files.ts';
import { addVersion, type NewVersion } from '../../ledger/registry-changes.ts';
import { readStatementText } from '../../ledger/statement-plan.ts';
import type { Registered } from '../../ledger/training-result.ts';
import type { TrainTask } from '../../task.ts';
import type { IdentifiedModel } from '../programs/identify-model.ts';
import { readReport } from './read-report.ts';
import type { TrainingClock } from './training-clock.ts';
import type { TrainPlace } from './write-job.ts';

/** Stores the model that the trainer has left in `out/`, and registers it as a version. @param clock of the training, if it was measured */
export async function register(
  task: TrainTask,
  folder: string,
  { pool, schema, log }: Pick<TrainPlace, 'pool' | 'schema' | 'log'>,
  clock?: TrainingClock,
): Promise<Registered> {
  const { statement, step, training, actor } = task;
  const file = join(folder, 'out/model.onnx');
  const told = await readReport(join(folder, 'out/report.json'));
  const { size } = await regularFile(file);
  const { kind, ...facts } = await identified(file, folder);
  const stored = { digest: await fileDigest(file), size };
  await storeFile(pool, schema, stored, () => createReadStream(file, { highWaterMark: 2 ** 20 }));
  const text = await withReconnect(() => readStatementText(pool, schema, statement, step));
  const model: NewVersion = {
    ...{ name: training.into, kind, location: 'database', file: null, base: null, simulation: null },
    ...stored,
    statement: text,
    facts: { ...facts, namesAreGiven: false },
  };
  const report = clock === undefined ? told : { ...told, took: clock.read(training, told) };
  const { version } = await addVersion(pool, schema, model, actor, { statement, step, report });
  log.info({ model: training.into, version, metrics: report.metrics }, 'model registered');
  return { name: training.into, version, report };
}

/** An image of a user's may write a link to a file of this container's. */
async function regularFile(path: string): Promise<{ readonly size: number }> {
  const found = await lstat(path).catch(() => null);
  if (found?.isFile() === true) return found;
  throw new MillraceError('TRAIN_DEFECT', 'the trainer has written no model');
}

/** As CREATE MODEL would, so that TO PREDICT runs it. */
async function identified(modelFile: string, modelRoot: string): Promise<IdentifiedModel> {
  const { identifyModel } = await import('../programs/identify-model.ts');
  const settings = { modelFile, modelRoot, device: 'cpu', threads: 1, imageSize: null } as const;
  return identifyModel(settings, 'tabular', null);
}
