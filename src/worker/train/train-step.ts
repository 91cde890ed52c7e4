import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { fileDigest } from '../../file-digest.ts';
import { type Registered, storeTrainingResult } from '../../ledger/model-actions.ts';
import { readFile as readStored, storeFile } from '../../ledger/model-files.ts';
import { readModel } from '../../ledger/registry.ts';
import { addVersion, type NewVersion } from '../../ledger/registry-changes.ts';
import type { SearchProgress } from '../../ledger/search-progress.ts';
import { readStatementText } from '../../ledger/statement-plan.ts';
import type { StepProgress } from '../../ledger/step-progress.ts';
import { readTraining } from '../../ledger/trainings.ts';
import { makePrivate } from '../../private-folder.ts';
import type { Search } from '../../programs/search/search.ts';
import type { TrainTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { cachedFile, modelCache } from '../model-cache.ts';
import type { IdentifiedModel } from '../programs/identify-model.ts';
import { trainerPython } from './environment.ts';
import { selectionError, trainerError } from './outside.ts';
import { openProgress, type Progress } from './progress.ts';
import { readReport } from './read-report.ts';
import { runTrainer } from './run-trainer.ts';
import { isPrepared } from './search/folders.ts';
import { runSearch } from './search/run-search.ts';
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

/** Selects the rows into MILLRACE_TRAINING_FOLDER for an image of a user's, which trains in a container of its own. */
export async function selectRows(task: TrainTask, place: Place): Promise<void> {
  const earlier = await withReconnect(() => readTraining(place.pool, place.schema, task));
  if (earlier !== null) return;
  const progress = openProgress(task, place);
  try {
    await writeJob(task, sharedFolder(), progress, place);
  } finally {
    await progress.end();
  }
}

/** Registers what an image of a user's has trained. @throws {MillraceError} why the rows were not selected, or what the image told */
export async function registerTrained(task: TrainTask, place: Place): Promise<void> {
  const { pool, schema, signal } = place;
  const folder = sharedFolder();
  const earlier = await withReconnect(() => readTraining(pool, schema, task));
  const failure = earlier === null ? ((await selectionError(folder)) ?? (await trainerError(folder))) : null;
  if (failure !== null) throw failure;
  const registered = earlier ?? (await register(task, folder, place));
  await storeTrainingResult(registered, { pool, schema, statement: task.statement, step: task.step, signal });
}

function sharedFolder(): string {
  const folder = process.env.MILLRACE_TRAINING_FOLDER;
  if (folder !== undefined) return folder;
  throw new MillraceError('TASK_INVALID', 'MILLRACE_TRAINING_FOLDER is not set', { hint: 'an engine sets it' });
}

async function trainNew(task: TrainTask, place: Place): Promise<Registered> {
  const progress = openProgress(task, place);
  const { search } = task.training;
  const folder = search === null ? await newFolder(task) : await searchFolder(task);
  let isKept = search !== null;
  try {
    const python = await trainerPython(process.env, (done) => progress.tell({ unit: 'package', ...done, metrics: {} }));
    if (search === null) {
      await writeJob(task, folder, progress, place);
      await train(python, folder, progress, place);
    } else {
      // The rows were selected once, by the process that began the search.
      if (!(await isPrepared(folder))) await writeJob(task, folder, progress, place);
      await runSearch({ ...searchRun(task, search, place), folder, python }, (done) =>
        progress.tell(searchProgress(done)),
      );
    }
    const registered = await register(task, folder, place);
    isKept = false;
    return registered;
  } finally {
    await progress.end();
    if (!isKept) await rm(folder, { recursive: true, force: true });
  }
}

/** A search that was interrupted goes on in its folder, which the engine deletes in the end. */
async function searchFolder({ statement, step }: TrainTask): Promise<string> {
  const given = process.env.MILLRACE_TRAINING_FOLDER ?? tmpdir();
  const folder = join(given, `${statement}-${step}`, 'search');
  await makePrivate(folder);
  return folder;
}

function searchRun(
  { statement, step, training, threads }: TrainTask,
  search: Search,
  { pool, schema, log, signal }: Place,
) {
  const { attributes, features, label, seed } = training;
  return {
    place: { pool, schema, statement, step },
    search,
    job: { attributes, features, label, seed, threads },
    signal,
    onLog: (line: string) => log.info({ trainer: line }, 'trainer'),
  };
}

const searchProgress = ({ unitsDone, unitsDue, bestLoss }: SearchProgress): StepProgress => ({
  unit: 'unit',
  done: unitsDone,
  total: unitsDue,
  metrics: { best_loss: bestLoss },
});

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
  const report = await readReport(join(folder, 'out/report.json'));
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
