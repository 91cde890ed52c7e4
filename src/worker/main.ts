import { pino } from 'pino';
import { type Accounts, accountsOf, isSeparate, openDatabase } from '../datasource/accounts.ts';
import { isTemporary } from '../datasource/database-error.ts';
import { parseDsn } from '../datasource/dsn.ts';
import { withReconnect } from '../datasource/pool.ts';
import { errorRecord, errorTable, MillraceError } from '../errors.ts';
import { missingPartitions } from '../ledger/partitions.ts';
import { selectionNames } from '../ledger/selection-names.ts';
import { type SelectionTask, type StatementTask, type Task, type WorkerCommand, workerExit } from '../task.ts';
import type { WorkerContext } from './context.ts';
import { finish } from './rows/finish.ts';
import { partition } from './rows/partition.ts';
import { prepare } from './rows/prepare.ts';
import { dropShares, prepareShares } from './rows/shares.ts';
import { runStatement } from './statement.ts';
import { withText } from './task-text.ts';
import type { Volumes } from './volume-path.ts';

const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ sync: true }));
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
// A terminal's Ctrl-C reaches the workers too; who started them says what becomes of it.
process.on('SIGINT', () => {});
// The local engine holds a channel to its workers: when it dies, they end too.
process.once('disconnect', () => ending.abort());

process.exitCode = await main(process.argv[2]);
if (process.connected) process.disconnect();

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
  const task = readTask();
  const schema = process.env.MILLRACE_SCHEMA ?? 'millrace';
  const accounts = accountsOf({
    dsn: process.env.MILLRACE_DATASOURCE ?? '',
    systemDsn: process.env.MILLRACE_SYSTEM_DATASOURCE || null,
    readerDsn: null,
  });
  const pools = openDatabase(accounts, { connections: 2 });
  const surroundings = {
    pool: pools.system,
    tables: pools.tables,
    users: pools.users,
    schema,
    names: selectionNames(task, schema, isSeparate(accounts)),
    volumes: readVolumes(task),
    log,
    signal: ending.signal,
  };
  try {
    if ('sql' in task) await runStatement({ ...surroundings, task: await withText(task, surroundings) });
    else if ('detect' in task) await detect(command as WorkerCommand, { ...surroundings, task: named(task, accounts) });
    else await share(command as WorkerCommand, { ...surroundings, task });
  } finally {
    await pools.end();
  }
}

/** The system account has another default database, or none. */
function named(task: Task, { dsn }: Accounts): Task {
  const { into } = task;
  return into.database === null ? { ...task, into: { ...into, database: parseDsn(dsn).database } } : task;
}

async function detect(command: WorkerCommand, context: WorkerContext): Promise<void> {
  switch (command) {
    case 'prepare':
      return withReconnect(async () => prepare(await whole(context)), context).then(() => tellMissing(context));
    case 'partition':
      return partition(context, Number(process.env.MILLRACE_PARTITION));
    case 'finish':
      return withReconnect(() => finish(context), context);
    default:
      throw unknownCommand(command, 'prepare, partition and finish');
  }
}

async function share(command: WorkerCommand, context: WorkerContext<SelectionTask>): Promise<void> {
  switch (command) {
    case 'prepare':
      return withReconnect(async () => prepareShares(await whole(context)), context).then(() => tellMissing(context));
    case 'finish':
      return withReconnect(() => dropShares(context), context);
    default:
      throw unknownCommand(command, 'prepare and finish');
  }
}

async function whole<T extends SelectionTask>(context: WorkerContext<T>): Promise<WorkerContext<T>> {
  return { ...context, task: await withText(context.task, context) };
}

/** The last line that `prepare` writes: Argo starts a pod for each. */
async function tellMissing(context: WorkerContext<SelectionTask>): Promise<void> {
  const missing = await withReconnect(() => missingPartitions(context), context);
  log.info({ missing }, 'partitions with rows left');
}

function unknownCommand(command: string, known: string): MillraceError {
  return new MillraceError('TASK_INVALID', `the worker has no command '${command}' for this task`, {
    hint: `it has ${known}`,
  });
}

function readTask(): Task | SelectionTask | StatementTask {
  try {
    return JSON.parse(process.env.MILLRACE_TASK ?? '');
  } catch (cause) {
    throw new MillraceError('TASK_INVALID', 'MILLRACE_TASK holds no JSON', { cause, hint: 'an engine sets it' });
  }
}

/** In a pod each volume lies at its mount path. */
function readVolumes(task: object): Volumes {
  const { MILLRACE_VOLUMES: written } = process.env;
  if (written !== undefined) return JSON.parse(written);
  const mounts = 'mounts' in task ? (task.mounts as Task['mounts']) : [];
  return Object.fromEntries(mounts.map((mount) => [mount, mount]));
}

function report(error: unknown): number {
  if (!(error instanceof MillraceError)) {
    log.error({ error: errorRecord(error), stack: (error as Error)?.stack }, 'failed');
    return workerExit.defect;
  }
  log.error({ error: errorRecord(error) }, 'failed');
  if (isTemporary(error)) return workerExit.temporary;
  return errorTable[error.code].kind === 'internal' ? workerExit.defect : workerExit.mistake;
}
