import { randomUUID } from 'node:crypto';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { rowsDoneBy } from '../../ledger/partitions.ts';
import { forgetStart, haltSelection, recordStart } from '../../ledger/worker-starts.ts';
import { workerExit } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';

/** A worker as the engine starts it. */
export interface StartedWorker {
  readonly number: number;
  /** Number of its processes that may end without doing any work, before the last; null: the engine counts them. */
  readonly retries: number | null;
}

type Place = Pick<WorkerContext, 'pool' | 'schema' | 'names' | 'signal'>;

/** What shows that a worker gets on. */
export interface WorkDone {
  /** Grows with the work that is done. */
  readonly count: () => Promise<number>;
  /** What a process without progress has not done. */
  readonly unit: string;
}

/**
 * Does the work of one process of a worker, and leaves in the ledger how it ended: a failure for good halts the other workers.
 * @param done default: the rows that the worker has processed
 * @throws {MillraceError} NO_PROGRESS, and what `work` throws
 */
export async function asWorkerProcess(
  place: Place,
  worker: StartedWorker,
  work: () => Promise<void>,
  done: WorkDone = { count: () => rowsDoneBy(place, worker.number), unit: 'processing a row' },
): Promise<void> {
  const { signal } = place;
  try {
    await requireProgress(place, worker, done);
    await work();
  } catch (error) {
    if (!signal.aborted && exitCodeOf(error) !== workerExit.temporary)
      await withReconnect(() => haltSelection(place), { signal }).catch(() => {});
    throw error;
  } finally {
    if (signal.aborted) await forgetStart(place, worker.number).catch(() => {});
  }
}

/** Argo counts how often a pod was started; retries limit how often that was in vain. */
async function requireProgress(place: Place, { number, retries }: StartedWorker, done: WorkDone): Promise<void> {
  if (retries === null) return;
  const process = randomUUID();
  const standstills = await withReconnect(async () => recordStart(place, number, process, await done.count()), place);
  if (standstills <= retries) return;
  throw new MillraceError('NO_PROGRESS', `worker ${number} ended ${standstills} times without ${done.unit}`);
}
