import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import type { LimitFunction } from 'p-limit';
import pRetry, { AbortError } from 'p-retry';
import type { Accounts } from '../../datasource/accounts.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { missingPartitions, rowsDoneBy } from '../../ledger/partitions.ts';
import { selectionNames } from '../../ledger/selection-names.ts';
import type { RunStep } from '../../plan/plan.ts';
import { poolThreads } from '../../plan/pool-threads.ts';
import { taskOf } from '../../plan/task-of.ts';
import { trainerImage } from '../../plan/train/estimator-image.ts';
import { type RowsTask, type WorkerCommand, workerExit } from '../../task.ts';
import { devicesOfWorker, gpuDevices } from './gpu-devices.ts';
import { runWorker, type WorkerEnd, type WorkerRun } from './worker-process.ts';

export interface StepRun {
  readonly pool: Pool;
  readonly statement: string;
  readonly accounts: Accounts;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  /** Folder of the statement's logs. */
  readonly logFolder: string;
  /** Limits the workers of all statements on this machine together. */
  readonly cores: LimitFunction;
  readonly signal: AbortSignal;
}

/** `prepare -> partitions -> finish`. Several workers share the partitions with rows to process; each is restarted after temporary failures. */
export async function runStep(step: RunStep, run: StepRun): Promise<void> {
  const deadline = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, deadline.signal]);
  let timer: NodeJS.Timeout | undefined;
  let early: readonly EarlyWorker[] = [];
  // Waiting for a core before the first worker does not count towards the timeout.
  const first: Place = (work) =>
    run.cores(() => {
      if (step.timeoutSeconds !== null) timer ??= setTimeout(() => deadline.abort(), step.timeoutSeconds * 1000);
      if (early.length === 0) early = startEarly(step, { ...run, signal: AbortSignal.any([signal, over.signal]) });
      return work();
    });
  try {
    await runAttempts('prepare', step, { ...run, signal }, { place: first });
    const names = selectionNames(taskOf(run.statement, step), run.schema);
    const left = await withReconnect(() => missingPartitions({ ...run, names }), { signal });
    await runPartitions(left.length, step, { ...run, signal }, early);
    await runAttempts('finish', step, { ...run, signal }, { place: run.cores });
  } catch (error) {
    if (!deadline.signal.aborted || run.signal.aborted) throw error;
    const hint = 'completed work is kept; retry to continue, or raise the timeout';
    throw new MillraceError('TIMED_OUT', `${step.name} took longer than ${step.timeoutSeconds} s`, { hint });
  } finally {
    clearTimeout(timer);
    over.abort();
    await Promise.allSettled(early.map(({ ended }) => ended));
    if (usesTrainer(step)) await rm(trainingFolder(step, run), { recursive: true, force: true });
  }
}

/** Number of workers that may process partitions at once: as many as the step allows and the machine has cores for. */
function mostWorkers({ parallelism }: RunStep, { threads }: RowsTask): number {
  return Math.max(1, Math.min(parallelism, Math.floor(availableParallelism() / threads)));
}

/** The process of a worker that waits until the selection is ready. */
interface EarlyWorker {
  /** Lets it begin, once. @returns how it ends */
  begin(): Promise<WorkerEnd>;
  readonly ended: Promise<WorkerEnd>;
}

/** Starts processes for which there will be a core when `prepare` has ended: beside it, they do nothing but start. */
function startEarly(step: RunStep, run: StepRun): readonly EarlyWorker[] {
  const { activeCount, pendingCount } = run.cores;
  const free = availableParallelism() - (activeCount - 1) - pendingCount;
  const most = mostWorkers(step, taskOf(run.statement, step));
  return Array.from({ length: Math.max(0, Math.min(most, free)) }, (_, number) => {
    const start = Promise.withResolvers<void>();
    const worker = { number, cores: availableParallelism() / most };
    const ended = runWorker({ ...workerRun('partitions', step, run, worker), start: start.promise });
    ended.catch(() => {});
    const begin = () => {
      start.resolve();
      return ended;
    };
    return { begin, ended };
  });
}

/** The first worker that uses up its retries stops the others. */
async function runPartitions(
  partitions: number,
  step: RunStep,
  run: StepRun,
  early: readonly EarlyWorker[],
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, failed.signal]);
  const length = Math.min(mostWorkers(step, taskOf(run.statement, step)), partitions);
  const cores = availableParallelism() / length;
  const workers = Array.from({ length }, (_, number) =>
    runAttempts(
      'partitions',
      step,
      { ...run, signal },
      { worker: { number, cores }, place: run.cores, early: early[number] },
    ).catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  failed.signal.throwIfAborted();
}

/** Runs a worker once there is a place for it. A worker that waits for its next attempt takes no place. */
type Place = (work: () => Promise<WorkerEnd>) => Promise<WorkerEnd>;

interface Attempts {
  readonly place: Place;
  readonly worker?: WorkerPlace;
  /** The process of the first attempt, if it has started already. */
  readonly early?: EarlyWorker | undefined;
}

interface WorkerPlace {
  readonly number: number;
  /** The worker's share of this machine's cores. */
  readonly cores: number;
}

async function runAttempts(
  command: WorkerCommand,
  step: RunStep,
  run: StepRun,
  { place, worker, early }: Attempts,
): Promise<void> {
  const once = async (attempt: number) => {
    const start = () =>
      attempt === 1 && early !== undefined ? early.begin() : runWorker(workerRun(command, step, run, worker));
    const end = await place(start);
    run.signal.throwIfAborted();
    if (end.exitCode !== workerExit.done)
      throw mayPass(end) ? failureOf(end, step) : new AbortError(failureOf(end, step));
  };
  await pRetry(once, {
    retries: step.retries,
    minTimeout: 500,
    maxTimeout: 30_000,
    randomize: true,
    signal: run.signal,
    ...(worker !== undefined && { shouldConsumeRetry: standstill(worker.number, step, run) }),
  });
}

/** Whether a worker that ended has got no further since it was last asked: retries limit how often the same work fails. */
function standstill(worker: number, step: RunStep, run: StepRun): () => Promise<boolean> {
  const names = selectionNames(taskOf(run.statement, step), run.schema);
  let done = 0;
  return async () => {
    const now = await rowsDoneBy({ ...run, names }, worker).catch(() => done);
    const stands = now <= done;
    done = now;
    return stands;
  };
}

function workerRun(command: WorkerCommand, step: RunStep, run: StepRun, worker: WorkerPlace | undefined): WorkerRun {
  const source = worker === undefined ? command : `worker-${worker.number}`;
  return {
    command,
    environment: environmentOf(step, run, worker),
    logFile: join(run.logFolder, step.name, `${source}.log`),
    signal: run.signal,
  };
}

function environmentOf(step: RunStep, run: StepRun, worker: WorkerPlace | undefined): Record<string, string> {
  return {
    MILLRACE_TASK: JSON.stringify(taskOf(run.statement, step)),
    MILLRACE_DATASOURCE: run.accounts.dsn,
    MILLRACE_SYSTEM_DATASOURCE: run.accounts.systemDsn,
    MILLRACE_SCHEMA: run.schema,
    MILLRACE_VOLUMES: JSON.stringify(withBuckets(run.volumes, step)),
    ...(usesTrainer(step) && {
      MILLRACE_TRAINER_FOLDER: join(run.stateFolder, 'trainer'),
      MILLRACE_TRAINING_FOLDER: trainingFolder(step, run),
    }),
    ...(worker === undefined ? {} : workerEnvironment(step, worker)),
  };
}

const usesTrainer = ({ image }: RunStep) => image === trainerImage;

function trainingFolder({ name }: RunStep, { stateFolder, statement }: StepRun): string {
  return join(stateFolder, 'training', `${statement}-${name}`);
}

function workerEnvironment({ resources }: RunStep, { number, cores }: WorkerPlace): Record<string, string> {
  const devices = gpuDevices(process.env);
  return {
    MILLRACE_WORKER: String(number),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE || String(poolThreads(cores)),
    ...(devices.length < 2 ? {} : { CUDA_VISIBLE_DEVICES: devicesOfWorker(number, resources.gpu, devices).join(',') }),
  };
}

/** Whether a retry may succeed: after a death by signal, a temporary failure, or an unexpected exit code. */
export function mayPass({ exitCode }: WorkerEnd): boolean {
  return exitCode !== workerExit.mistake && exitCode !== workerExit.defect;
}

export function failureOf({ exitCode, error }: WorkerEnd, step: Pick<RunStep, 'name'>): MillraceError {
  if (error !== null) return error;
  const how = exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
  return new MillraceError('WORKER_FAILED', `a worker of ${step.name} ${how}`, {
    hint: 'see millrace logs; completed work is kept; retry to continue',
  });
}

/** Folders of this machine by mount path, with the buckets that the step may read. */
export function withBuckets(
  volumes: StepRun['volumes'],
  { buckets = [] }: { readonly buckets?: readonly string[] },
): StepRun['volumes'] {
  return { ...volumes, ...Object.fromEntries(buckets.map((bucket) => [`s3://${bucket}`, ''])) };
}
