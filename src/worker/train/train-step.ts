import { createReadStream } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { type Registered, storeTrainingResult } from '../../ledger/model-actions.ts';
import { readFile as readStored, storeFile } from '../../ledger/model-files.ts';
import { readModel } from '../../ledger/registry.ts';
import { addVersion, type NewVersion } from '../../ledger/registry-changes.ts';
import { readStatementText } from '../../ledger/statement-plan.ts';
import { readTraining, type TrainingReport } from '../../ledger/trainings.ts';
import { makePrivate } from '../../private-folder.ts';
import type { TrainTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { cachedFile, modelCache } from '../model-cache.ts';
import type { IdentifiedModel } from '../programs/identify-model.ts';
import { trainerPython } from './environment.ts';
import { openProgress, type Progress } from './progress.ts';
import { runTrainer } from './run-trainer.ts';
import { writeColumns } from './write-columns.ts';

type Place = Pick<WorkerContext, 'pool' | 'users' | 'schema' | 'log' | 'signal'>;

/**
 * Trains a model on the rows of a query and registers it, once: a step that is repeated after it has registered its version only tells it
 * again.
 * @throws {MillraceError} TRAIN_…, TRAINER_…, MODEL_…, QUERY_FAILED, DATABASE_…
 */
export async function runTrainStep(task: TrainTask, place: Place): Promise<void> {
  const { pool, schema, signal } = place;
  const earlier = await withReconnect(() => readTraining(pool, schema, task));
  const registered = earlier ?? (await trainNew(task, place));
  await storeTrainingResult(registered, { pool, schema, statement: task.statement, step: task.step, signal });
}

async function trainNew(task: TrainTask, place: Place): Promise<Registered> {
  const progress = openProgress(task, place);
  const folder = await newFolder(task);
  try {
    const python = await trainerPython(process.env, (done) => progress.tell({ unit: 'package', ...done, metrics: {} }));
    await writeJob(task, folder, progress, place);
    await train(python, folder, progress, place);
    return await register(task, folder, place);
  } finally {
    await progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Readable by this user only. What an earlier attempt of the step has left behind is deleted. */
async function newFolder({ statement, step }: TrainTask): Promise<string> {
  const given = process.env.MILLRACE_TRAINING_FOLDER;
  if (given === undefined) return mkdtemp(join(tmpdir(), 'millrace-train-'));
  const ofStep = join(given, `${statement}-${step}`);
  await rm(ofStep, { recursive: true, force: true });
  await makePrivate(ofStep);
  return mkdtemp(join(ofStep, 'attempt-'));
}

async function writeJob(task: TrainTask, folder: string, progress: Progress, place: Place): Promise<void> {
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
  { pool, schema }: Place,
): Promise<string> {
  const digest = known ?? (await withReconnect(() => readModel(pool, schema, name, version)))?.digest ?? null;
  if (digest === null) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
  return cachedFile(modelCache(process.env), digest, () => readStored(pool, schema, digest));
}

async function train(python: string, folder: string, progress: Progress, { log, signal }: Place): Promise<void> {
  await runTrainer({
    python,
    folder,
    signal,
    onMessage: (message) => {
      if (message.type === 'progress') {
        const { unit, done, total, metrics } = message;
        progress.tell({ unit, done, total, metrics });
        log.info({ [unit]: done, of: total, metrics }, 'training');
      } else if (message.type === 'warning') log.warn({ code: message.code }, message.message);
    },
    onLog: (line) => log.info({ trainer: line }, 'trainer'),
  });
}

async function register(task: TrainTask, folder: string, { pool, schema, log }: Place): Promise<Registered> {
  const { statement, step, training, actor } = task;
  const file = join(folder, 'out/model.onnx');
  const report: TrainingReport = JSON.parse(await readFile(join(folder, 'out/report.json'), 'utf8'));
  const stored = { digest: report.sha256, size: report.bytes };
  await storeFile(pool, schema, stored, () => createReadStream(file, { highWaterMark: 2 ** 20 }));
  const { kind, ...facts } = await identified(file, folder);
  const text = await withReconnect(() => readStatementText(pool, schema, statement, step));
  const model: NewVersion = {
    ...{ name: training.into, kind, location: 'database', file: null, base: null, simulation: null },
    ...stored,
    statement: text,
    facts: { ...facts, namesAreGiven: false },
  };
  const { version } = await addVersion(pool, schema, model, actor, { statement, step, report });
  log.info({ model: training.into, version, metrics: report.metrics }, 'model registered');
  return { name: training.into, version, report };
}

/** As CREATE MODEL would, so that TO PREDICT runs it. */
async function identified(modelFile: string, modelRoot: string): Promise<IdentifiedModel> {
  const { identifyModel } = await import('../programs/identify-model.ts');
  const settings = { modelFile, modelRoot, device: 'cpu', threads: 1, imageSize: null } as const;
  return identifyModel(settings, 'tabular', null);
}
