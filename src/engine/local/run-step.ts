import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import pLimit, { type LimitFunction } from 'p-limit';
import pRetry, { AbortError } from 'p-retry';
import type { Accounts } from '../../datasource/accounts.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { missingPartitions } from '../../ledger/partitions.ts';
import { selectionNames } from '../../ledger/selection-names.ts';
import type { RunStep } from '../../plan/plan.ts';
import { poolThreads } from '../../plan/pool-threads.ts';
import { taskOf } from '../../plan/task-of.ts';
import { type WorkerCommand, workerExit } from '../../task.ts';
import { devicesOfPartition, gpuDevices } from './gpu-devices.ts';
import { runWorker, type WorkerEnd } from './worker-process.ts';

export interface StepRun {
  readonly pool: Pool;
  readonly statement: string;
  readonly accounts: Accounts;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  /** Folder of the statement's logs. */
  readonly logFolder: string;
  /** Limits the workers of all statements on this machine together. */
  readonly cores: LimitFunction;
  readonly signal: AbortSignal;
}

/** `prepare -> partition × N -> finish`, for the partitions with rows to process. Each is a worker, restarted after temporary failures. */
export async function runStep(step: RunStep, run: StepRun): Promise<void> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([run.signal, deadline.signal]);
  let timer: NodeJS.Timeout | undefined;
  // Waiting for a core before the first worker does not count towards the timeout.
  const first: Place = (work) =>
    run.cores(() => {
      if (step.timeoutSeconds !== null) timer ??= setTimeout(() => deadline.abort(), step.timeoutSeconds * 1000);
      return work();
    });
  try {
    await runAttempts('prepare', step, { ...run, signal }, { place: first });
    const names = selectionNames(taskOf(run.statement, step), run.schema);
    const left = await withReconnect(() => missingPartitions({ ...run, names }), { signal });
    await runPartitions(left, step, { ...run, signal });
    await runAttempts('finish', step, { ...run, signal }, { place: run.cores });
  } catch (error) {
    if (!deadline.signal.aborted || run.signal.aborted) throw error;
    const hint = 'completed work is kept; retry to continue, or raise the timeout';
    throw new MillraceError('TIMED_OUT', `${step.name} took longer than ${step.timeoutSeconds} s`, { hint });
  } finally {
    clearTimeout(timer);
  }
}

/** Runs as many at once as the step allows and the machine has cores for. The first that uses up its retries stops the others. */
async function runPartitions(numbers: readonly number[], step: RunStep, run: StepRun): Promise<void> {
  const threads = taskOf(run.statement, step).threads;
  const atOnce = Math.max(1, Math.min(step.parallelism, Math.floor(availableParallelism() / threads)));
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, failed.signal]);
  const limit = pLimit(atOnce);
  const cores = availableParallelism() / Math.min(atOnce, numbers.length);
  const place: Place = (work) => limit(() => run.cores(work));
  const partitions = numbers.map((number) =>
    runAttempts('partition', step, { ...run, signal }, { partition: { number, cores }, place }).catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(partitions);
  failed.signal.throwIfAborted();
}

/** Runs a worker once there is a place for it. A worker that waits for its next attempt takes no place. */
type Place = (work: () => Promise<WorkerEnd>) => Promise<WorkerEnd>;

interface Worker {
  readonly place: Place;
  readonly partition?: PartitionPlace;
}

interface PartitionPlace {
  readonly number: number;
  /** The partition's share of this machine's cores. */
  readonly cores: number;
}

async function runAttempts(
  command: WorkerCommand,
  step: RunStep,
  run: StepRun,
  { place, partition }: Worker,
): Promise<void> {
  const once = async () => {
    const end = await place(() =>
      runWorker({
        command,
        environment: environmentOf(step, run, partition),
        logFile: join(run.logFolder, step.name, `${sourceOf(command, partition)}.log`),
        signal: run.signal,
      }),
    );
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
  });
}

function sourceOf(command: WorkerCommand, partition: PartitionPlace | undefined): string {
  return partition === undefined ? command : `${command}-${partition.number}`;
}

function environmentOf(step: RunStep, run: StepRun, partition: PartitionPlace | undefined): Record<string, string> {
  return {
    MILLRACE_TASK: JSON.stringify(taskOf(run.statement, step)),
    MILLRACE_DATASOURCE: run.accounts.dsn,
    MILLRACE_SYSTEM_DATASOURCE: run.accounts.systemDsn,
    MILLRACE_SCHEMA: run.schema,
    MILLRACE_VOLUMES: JSON.stringify(withBuckets(run.volumes, step)),
    ...(partition === undefined ? {} : partitionEnvironment(step, partition)),
  };
}

function partitionEnvironment({ resources }: RunStep, { number, cores }: PartitionPlace): Record<string, string> {
  const devices = gpuDevices(process.env);
  return {
    MILLRACE_PARTITION: String(number),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE || String(poolThreads(cores)),
    ...(devices.length < 2
      ? {}
      : { CUDA_VISIBLE_DEVICES: devicesOfPartition(number, resources.gpu, devices).join(',') }),
  };
}

/** Whether a retry may succeed: after a death by signal, a temporary failure, or an unexpected exit code. */
function mayPass({ exitCode }: WorkerEnd): boolean {
  return exitCode !== workerExit.mistake && exitCode !== workerExit.defect;
}

function failureOf({ exitCode, error }: WorkerEnd, step: RunStep): MillraceError {
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
