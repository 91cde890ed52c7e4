import { randomUUID } from 'node:crypto';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { forgetStart, haltSelection, recordStart } from '../../ledger/worker-starts.ts';
import { workerExit } from '../../task.ts';
import type { WorkerContext } from '../context.ts';
import { exitCodeOf } from '../exit-code.ts';

/** A worker as the engine starts it. */
export interface StartedWorker {
  readonly number: number;
  /** Number of its processes that may end without processing a row, before the last; null: the engine counts them. */
  readonly retries: number | null;
}

type Place = Pick<WorkerContext, 'pool' | 'schema' | 'names' | 'signal'>;

/**
 * Does the work of one process of a worker, and leaves in the ledger how it ended: a failure for good halts the other workers.
 * @throws {MillraceError} NO_PROGRESS, and what `work` throws
 */
export async function asWorkerProcess(place: Place, worker: StartedWorker, work: () => Promise<void>): Promise<void> {
  const { signal } = place;
  try {
    await requireProgress(place, worker);
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
async function requireProgress(place: Place, { number, retries }: StartedWorker): Promise<void> {
  if (retries === null) return;
  const process = randomUUID();
  const standstills = await withReconnect(() => recordStart(place, number, process), place);
  if (standstills <= retries) return;
  const message = `worker ${number} ended ${standstills} times without processing a row`;
  throw new MillraceError('NO_PROGRESS', message);
}
