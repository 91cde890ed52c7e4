import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { type Registered, storeTrainingResult } from '../../ledger/training-result.ts';
import { readTraining } from '../../ledger/trainings.ts';
import { makePrivate } from '../../private-folder.ts';
import type { TrainTask } from '../../task.ts';
import { trainerPython } from './environment.ts';
import { selectionError, trainerError } from './outside.ts';
import { openProgress, type Progress } from './progress.ts';
import { register } from './register-model.ts';
import { runTrainer } from './run-trainer.ts';
import { isPrepared } from './search/folders.ts';
import { runSearch } from './search/run-search.ts';
import { searchProgress, searchRun, tellHopShare } from './search-step.ts';
import { openClock } from './training-clock.ts';
import { newFolder, type TrainPlace, writeJob } from './write-job.ts';

/**
 * Trains a model on the rows of a query and registers it, once: a step that is repeated after it has registered its version only tells it
 * again.
 * @throws {MillraceError} TRAIN_…, TRAINER_…, MODEL_…, QUERY_FAILED, DATABASE_…
 */
export async function runTrainStep(task: TrainTask, place: TrainPlace): Promise<void> {
  const { pool, schema, signal } = place;
  const earlier = await withReconnect(() => readTraining(pool, schema, task));
  const registered = earlier ?? (await trainNew(task, place));
  await storeTrainingResult(registered, { pool, schema, statement: task.statement, step: task.step, signal });
}

/** Selects the rows into MILLRACE_TRAINING_FOLDER for an image of a user's, which trains in a container of its own. */
export async function selectRows(task: TrainTask, place: TrainPlace): Promise<void> {
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
export async function registerTrained(task: TrainTask, place: TrainPlace): Promise<void> {
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

async function trainNew(task: TrainTask, place: TrainPlace): Promise<Registered> {
  const progress = openProgress(task, place);
  const { search } = task.training;
  const folder = search === null ? await newFolder(task) : await searchFolder(task);
  let isKept = search !== null;
  try {
    const python = await trainerPython(process.env, (done) => progress.tell({ unit: 'package', ...done, metrics: {} }));
    const clock = openClock();
    if (search === null) {
      await writeJob(task, folder, progress, place);
      await train(python, folder, { ...progress, tell: clock.with(progress.tell) }, place);
    } else {
      // The rows were selected once, by the process that began the search.
      if (!(await isPrepared(folder))) await writeJob(task, folder, progress, place);
      await runSearch({ ...searchRun(task, search, place), folder, python }, (done) =>
        clock.with(progress.tell)(searchProgress(done)),
      );
      await tellHopShare(task, place);
    }
    const registered = await register(task, folder, place, clock);
    isKept = false;
    return registered;
  } finally {
    await progress.end();
    if (!isKept) await rm(folder, { recursive: true, force: true });
  }
}

async function train(python: string, folder: string, progress: Progress, { log, signal }: TrainPlace): Promise<void> {
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

/** A search that was interrupted goes on in its folder, which the engine deletes in the end. */
async function searchFolder({ statement, step }: TrainTask): Promise<string> {
  const given = process.env.MILLRACE_TRAINING_FOLDER ?? tmpdir();
  const folder = join(given, `${statement}-${step}`, 'search');
  await makePrivate(folder);
  return folder;
}
