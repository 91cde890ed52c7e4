import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { searchProgress as readProgress, type SearchProgress } from '../../ledger/search-progress.ts';
import type { StepProgress } from '../../ledger/step-progress.ts';
import { storeTrainingResult } from '../../ledger/training-result.ts';
import { readTraining } from '../../ledger/trainings.ts';
import { hopShare, readVisits } from '../../ledger/trial-visits.ts';
import { readTrials, type Trial } from '../../ledger/trials.ts';
import type { Search } from '../../programs/search/search.ts';
import type { TrainTask } from '../../task.ts';
import { openArgoProgress } from '../argo-progress.ts';
import { trainerPython } from './environment.ts';
import { openProgress } from './progress.ts';
import { register } from './register-model.ts';
import { clearSearch, finishSearch } from './search/finish-search.ts';
import { prepareSearch } from './search/prepare-search.ts';
import { openRunner } from './search/run-search.ts';
import type { SearchRun } from './search/search-run.ts';
import { workOnTrials } from './search/search-worker.ts';
import { isStored, storedFiles, storePrepared } from './search/stored-files.ts';
import { openClock, type TrainingClock } from './training-clock.ts';
import { newFolder, type TrainPlace, writeJob } from './write-job.ts';

/*
 * A search in pods that share nothing but the database, which keeps the rows, the shards and the models' states: the first selects once,
 * others train, the last registers the best model. Any of them may end at any time; the next one goes on with what the database has.
 */

/**
 * Selects the rows, splits them and adds the first trials, once.
 * @returns numbers of the workers to start: none if the model is registered
 * @throws {MillraceError} TRAIN_…, QUERY_FAILED, DATABASE_…
 */
export async function prepareSearchStep(task: TrainTask, place: TrainPlace): Promise<readonly number[]> {
  if (await isRegistered(task, place)) return [];
  const progress = openProgress(task, place);
  try {
    const run = await newRun(task, place);
    if (!(await isStored(run.place))) {
      await writeJob(task, run.folder, progress, place);
      await prepareSearch(run);
      await storePrepared(run.place, run.folder);
    }
    const trials = await withReconnect(() => readTrials(run.place), place);
    const useful = run.search.driver === 'tpe' ? run.search.trials : trials.length;
    return Array.from({ length: Math.min(run.search.workers, useful) }, (_, worker) => worker);
  } finally {
    await progress.end();
  }
}

/** Trains units until none is left. @throws {MillraceError} TRAIN_…, DATABASE_… */
export async function workOnSearch(task: TrainTask, place: TrainPlace, worker: number): Promise<void> {
  if (await isRegistered(task, place)) return;
  const progress = openProgress(task, place);
  try {
    const run = await newRun(task, place);
    const tell = async () => {
      const done = await withReconnect(() => readProgress(run.place), place);
      progress.tell(searchProgress(done));
      place.log.info({ units: done.unitsDone, of: done.unitsDue, bestLoss: done.bestLoss }, 'training');
    };
    const runner = openRunner(run, storedFiles(run.place, run.folder));
    const { unitsDue } = await withReconnect(() => readProgress(run.place), place);
    const shown = openArgoProgress(process.env.ARGO_PROGRESS_FILE, unitsDue, run.search.workers);
    const onUnit = () => {
      shown.add(1);
      tell().catch(() => {});
    };
    await workOnTrials(run, { worker, runner, onUnit });
    await shown.end();
  } finally {
    await progress.end();
  }
}

/**
 * Registers the best model, then deletes what the search has left in the database.
 * @throws {MillraceError} SEARCH_FAILED, TRAIN_…, MODEL_…, DATABASE_…
 */
export async function finishSearchStep(task: TrainTask, place: TrainPlace): Promise<void> {
  const { pool, schema, signal } = place;
  const run = await newRun(task, place);
  const clock = openClock();
  const earlier = await withReconnect(() => readTraining(pool, schema, task));
  if (earlier === null) await finishSearch(run, storedFiles(run.place, run.folder));
  await tellHopShare(task, place);
  const registered = earlier ?? (await register(task, run.folder, place, await searchClock(run, clock)));
  await withReconnect(() => clearSearch(run), { signal });
  await storeTrainingResult(registered, { ...run.place, signal });
}

/** Counts the trainers' own time, because pods may start late and a search may be interrupted. */
async function searchClock({ place, search, signal }: SearchRun, finishing: TrainingClock): Promise<TrainingClock> {
  const trials = await withReconnect(() => readTrials(place), { signal });
  const sum = (of: (trial: Trial) => number) => trials.reduce((total, trial) => total + of(trial), 0);
  const trained = sum(({ seconds }) => seconds) / search.workers;
  const passes = sum(({ unitsDone }) => unitsDone) / search.shards / search.workers;
  return {
    with: finishing.with,
    read: (training, report) => {
      const took = finishing.read(training, report);
      return { ...took, startSeconds: took.seconds, seconds: took.seconds + trained, passes };
    },
  };
}

async function isRegistered(task: TrainTask, { pool, schema }: TrainPlace): Promise<boolean> {
  return (await withReconnect(() => readTraining(pool, schema, task))) !== null;
}

async function newRun(task: TrainTask, place: TrainPlace): Promise<SearchRun> {
  const { search } = task.training;
  if (search === null) throw new MillraceError('TASK_INVALID', 'the task has no search', { hint: 'an engine sets it' });
  const folder = await newFolder(task);
  const python = await trainerPython(process.env, () => {});
  return { ...searchRun(task, search, place), folder, python };
}

export function searchRun(
  { statement, step, training, threads }: TrainTask,
  search: Search,
  { pool, schema, log, signal }: TrainPlace,
): Omit<SearchRun, 'folder' | 'python'> {
  const { attributes, features, label, seed } = training;
  return {
    place: { pool, schema, statement, step },
    search,
    job: { attributes, features, label, seed, threads },
    signal,
    onLog: (line: string) => log.info({ trainer: line }, 'trainer'),
  };
}

/** Logs what part of the time of a search that has ended did not train. */
export async function tellHopShare({ statement, step }: TrainTask, { pool, schema, log }: TrainPlace): Promise<void> {
  const share = hopShare(await withReconnect(() => readVisits({ pool, schema, statement, step })));
  if (share === null) return;
  const part = (100 * share).toFixed(1);
  log.info({ hopShare: share }, `${part} % of the time of all units went to moving models from shard to shard`);
}

export const searchProgress = ({ unitsDone, unitsDue, bestLoss }: SearchProgress): StepProgress => ({
  unit: 'unit',
  done: unitsDone,
  total: unitsDue,
  metrics: { best_loss: bestLoss },
});
