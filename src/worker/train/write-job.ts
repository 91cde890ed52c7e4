import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { readFile as readStored } from '../../ledger/model-files.ts';
import { readModel } from '../../ledger/registry.ts';
import { makePrivate } from '../../private-folder.ts';
import type { TrainTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { cachedFile, modelCache } from '../model-cache.ts';
import type { Progress } from './progress.ts';
import { writeColumns } from './write-columns.ts';

/** What all parts of TO TRAIN need of the worker. */
export type TrainPlace = Pick<WorkerContext, 'pool' | 'users' | 'schema' | 'log' | 'signal'>;

/** Readable by this user only. What an earlier attempt of the step has left behind is deleted. */
export async function newFolder({ statement, step }: TrainTask): Promise<string> {
  const given = process.env.MILLRACE_TRAINING_FOLDER;
  if (given === undefined) return mkdtemp(join(tmpdir(), 'millrace-train-'));
  const ofStep = join(given, `${statement}-${step}`);
  await rm(ofStep, { recursive: true, force: true });
  await makePrivate(ofStep);
  return mkdtemp(join(ofStep, 'attempt-'));
}

/** Selects the rows, and writes what the trainer is to do with them. */
export async function writeJob(task: TrainTask, folder: string, progress: Progress, place: TrainPlace): Promise<void> {
  const { users, signal, log } = place;
  const { select, training } = task;
  const { validation } = training;
  const selections = [
    { sql: select, folder: join(folder, 'data/train') },
    ...(validation === null ? [] : [{ sql: validation, folder: join(folder, 'data/validation') }]),
  ];
  const onRows = (rows: number) => progress.tell({ unit: 'row', done: rows, total: null, metrics: {} });
  const [rows, validationRows] = await withReconnect(() => writeColumns({ pool: users, selections, signal, onRows }), {
    signal,
  });
  log.info({ rows, ...(validationRows !== undefined && { validationRows }) }, 'rows selected');
  if (training.from !== null) await copyFile(await startFile(training.from, place), join(folder, 'model.onnx'));
  await writeFile(join(folder, 'job.json'), JSON.stringify(jobOf(task)));
}

/** trainer/README.md */
function jobOf({ training: { estimator, attributes, features, label, seed, from }, threads }: TrainTask) {
  const start = from === null ? null : 'model.onnx';
  return { version: 1, task: 'train', estimator, attributes, features, label, seed, threads, from: start };
}

/** The file of the model to continue from. */
async function startFile(
  { name, version, digest: known }: NonNullable<TrainTask['training']['from']>,
  { pool, schema }: TrainPlace,
): Promise<string> {
  const digest = known ?? (await withReconnect(() => readModel(pool, schema, name, version)))?.digest ?? null;
  if (digest === null) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
  return cachedFile(modelCache(process.env), digest, () => readStored(pool, schema, digest));
}
