import './young-generation.ts';
import { once } from 'node:events';
import { type Accounts, accountsOf, isSeparate, openDatabase } from '../datasource/accounts.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { withReconnect } from '../datasource/pool.ts';
import { errorRecord, MillraceError } from '../errors.ts';
import { openAnswerStore } from '../ledger/answers.ts';
import { missingPartitions } from '../ledger/partitions.ts';
import { searchProgress } from '../ledger/search-progress.ts';
import { selectionNames } from '../ledger/selection-names.ts';
import { forgetWorkers } from '../ledger/worker-starts.ts';
import {
  type RowsTask,
  type SharesTask,
  type TableTarget,
  type TaskKind,
  type TrainTask,
  type Written,
  workerExit,
} from '../task.ts';
import type { RowsContext, WorkerContext } from './context.ts';
import { exitCodeOf } from './exit-code.ts';
import { openLog } from './log.ts';
import { modelCache } from './model-cache.ts';
import { runModelStep } from './model-step.ts';
import { type KnownModel, knownModel, namesColumnsByClass, rowProgram } from './programs/programs.ts';
import { readTask, type WrittenTask } from './read-task.ts';
import { locateModel } from './registered-model.ts';
import { finish } from './rows/finish.ts';
import { partitions } from './rows/partitions.ts';
import { prepare } from './rows/prepare.ts';
import { dropShares, prepareShares } from './rows/shares.ts';
import { asWorkerProcess, type StartedWorker } from './rows/worker-process.ts';
import { runStatement } from './statement.ts';
import { withSelect, withSql, withTraining } from './task-text.ts';
import { finishSearchStep, prepareSearchStep, workOnSearch } from './train/search-step.ts';
import { registerTrained, runTrainStep, selectRows } from './train/train-step.ts';
import type { Volumes } from './volume-path.ts';

const log = openLog();
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
// A terminal's Ctrl-C reaches the workers too; who started them says what becomes of it.
process.on('SIGINT', () => {});
// The local engine holds a channel to its workers: when it dies, they end too.
process.once('disconnect', () => ending.abort());

const commands: { readonly [Kind in TaskKind]: Command<Extract<WrittenTask, { kind: Kind }>> } = {
  rows: (task, place, command) => {
    const run = () => runRows(task, place, command);
    return command === 'partitions' ? asWorkerProcess(place, startedWorker(process.env), run) : run();
  },
  shares: runShares,
  model: runModelStep,
  train: runTraining,
  statement: async (task, place) => runStatement({ ...place, task: await withSql(task, place) }),
};

await told();
process.exitCode = await main(process.argv[2]);
if (process.connected) process.disconnect();

/** With MILLRACE_START, resolves once the process that started this one sends a message, or is gone. */
async function told(): Promise<void> {
  if (process.env.MILLRACE_START === undefined) return;
  const message = once(process, 'message', { signal: ending.signal }).catch(() => {});
  await message;
}

async function main(command: string | undefined): Promise<number> {
  try {
    await work(command);
    return ending.signal.aborted ? workerExit.terminated : workerExit.done;
  } catch (error) {
    if (ending.signal.aborted) return workerExit.terminated;
    return report(error);
  }
}

async function work(command: string | undefined): Promise<void> {
  const task = readTask(process.env.MILLRACE_TASK ?? '');
  const schema = process.env.MILLRACE_SCHEMA ?? 'millrace';
  const accounts = accountsOf({
    dsn: process.env.MILLRACE_DATASOURCE ?? '',
    systemDsn: process.env.MILLRACE_SYSTEM_DATASOURCE || null,
    readerDsn: null,
  });
  const pools = openDatabase(accounts, { connections: 4 });
  const answers = openAnswerStore(pools.system, schema, { log, signal: ending.signal });
  const place: Place = {
    pool: pools.system,
    tables: pools.tables,
    users: pools.users,
    schema,
    names: selectionNames(task, schema, isSeparate(accounts)),
    volumes: readVolumes(task),
    answers,
    log,
    signal: ending.signal,
    accounts,
  };
  try {
    const run = commands[task.kind] as (task: WrittenTask, place: Place, command: string | undefined) => Promise<void>;
    await run(task, place, command);
  } finally {
    await answers.close();
    await pools.end();
  }
}

/** What all tasks have in common of their context. */
type Place = Omit<WorkerContext, 'task'> & { readonly accounts: Accounts };

/** A summary of a table asks the model what its outputs are. */
function needsModel(program: Written<RowsTask>['program'], command: string | undefined): boolean {
  if (command === 'finish') return program.name === 'evaluate-table';
  return command === 'partitions' || (command === 'prepare' && namesColumnsByClass(program));
}

type Command<T> = (task: T, place: Place, command: string | undefined) => Promise<void>;

function startedWorker({ MILLRACE_WORKER, MILLRACE_RETRIES }: NodeJS.ProcessEnv): StartedWorker {
  return {
    number: Number(MILLRACE_WORKER ?? 0),
    retries: MILLRACE_RETRIES === undefined ? null : Number(MILLRACE_RETRIES),
  };
}

async function runRows(written: Written<RowsTask>, place: Place, command: string | undefined): Promise<void> {
  const readsModel = needsModel(written.program, command);
  const located = readsModel
    ? await withReconnect(
        () => locateModel(written.program, written.model, { ...place, cache: modelCache(process.env) }),
        place,
      )
    : { program: written.program, volumes: place.volumes };
  const context = (select: string, known?: KnownModel): RowsContext => ({
    ...place,
    volumes: located.volumes,
    program: rowProgram(located.program, known),
    task: { ...written, select, into: written.into && named(written.into, place.accounts) },
  });
  const known = (command: 'prepare' | 'partitions') => {
    const named = 'model' in written.program.settings ? written.program.settings.model : '';
    const there = { ...place, ...located, threads: written.threads };
    return knownModel(located.program, written.model?.name ?? named, command, there);
  };
  switch (command) {
    case 'prepare': {
      const model = await known('prepare');
      const once = async () => prepare(context((await withSelect<RowsTask>(written, place)).select, model));
      return withReconnect(once, place).then(() => tellWorkers(context(written.select ?? '')));
    }
    case 'partitions':
      return partitions(context(written.select ?? '', await known('partitions')), startedWorker(process.env).number);
    case 'finish':
      return withReconnect(() => finish(context(written.select ?? '')), place);
    default:
      throw unknownCommand(command, 'prepare, partitions and finish');
  }
}

/** The system account has another default database, or none. */
function named(into: TableTarget, { dsn }: Accounts): TableTarget {
  return into.database === null ? { ...into, database: parseDsn(dsn).database } : into;
}

async function runTraining(written: Written<TrainTask>, place: Place, command: string | undefined): Promise<void> {
  const task = await withTraining(written, place);
  switch (command) {
    case 'train':
      return runTrainStep(task, place);
    case 'train-select':
      return selectRows(task, place);
    case 'train-register':
      return registerTrained(task, place);
    case 'prepare': {
      await withReconnect(() => forgetWorkers(place), place);
      const workers = await prepareSearchStep(task, place);
      return log.info({ workers }, 'workers of the search');
    }
    case 'search': {
      const worker = startedWorker(process.env);
      const count = async () =>
        (await searchProgress({ ...place, statement: task.statement, step: task.step })).unitsDone;
      const work = () => workOnSearch(task, place, worker.number);
      return asWorkerProcess(place, worker, work, { count, unit: 'training a model' });
    }
    case 'finish':
      await finishSearchStep(task, place);
      return withReconnect(() => forgetWorkers(place), place);
    default:
      throw unknownCommand(command, 'train, train-select, train-register, prepare, search and finish');
  }
}

async function runShares(written: Written<SharesTask>, place: Place, command: string | undefined): Promise<void> {
  switch (command) {
    case 'prepare': {
      const once = async () => prepareShares({ ...place, task: await withSelect<SharesTask>(written, place) });
      return withReconnect(once, place).then(() => tellMissing(place));
    }
    case 'finish':
      return withReconnect(() => dropShares(place), place);
    default:
      throw unknownCommand(command, 'prepare and finish');
  }
}

/** The last line that `prepare` writes: Argo starts a pod for each worker. No worker has nothing to do. */
async function tellWorkers(context: RowsContext): Promise<void> {
  const missing = await withReconnect(() => missingPartitions(context), context);
  const workers = Array.from({ length: Math.min(missing.length, context.task.workers) }, (_, number) => number);
  log.info({ partitions: missing.length, workers }, 'workers for the partitions with rows left');
}

/** The last line that `prepare` writes around a foreign image: Argo starts a pod for each partition. */
async function tellMissing(place: Omit<WorkerContext, 'task'>): Promise<void> {
  const missing = await withReconnect(() => missingPartitions(place), place);
  log.info({ missing }, 'partitions with rows left');
}

function unknownCommand(command: string | undefined, known: string): MillraceError {
  return new MillraceError('TASK_INVALID', `the worker has no command '${command}' for this task`, {
    hint: `it has ${known}`,
  });
}

/** In a pod each volume lies at its mount path. */
function readVolumes(task: WrittenTask): Volumes {
  const { MILLRACE_VOLUMES: written } = process.env;
  if (written !== undefined) return JSON.parse(written);
  const mounts = 'mounts' in task ? task.mounts : [];
  return Object.fromEntries(mounts.map((mount) => [mount, mount]));
}

function report(error: unknown): number {
  const stack = error instanceof MillraceError ? {} : { stack: (error as Error)?.stack };
  log.error({ error: errorRecord(error), ...stack }, 'failed');
  return exitCodeOf(error);
}
