import { setTimeout as wait } from 'node:timers/promises';
import { withReconnect } from '../../../datasource/pool.ts';
import { MillraceError } from '../../../errors.ts';
import { searchProgress } from '../../../ledger/search-progress.ts';
import { commitUnit, recordCommit } from '../../../ledger/trial-commits.ts';
import {
  type ClaimedUnit,
  type Claimer,
  claimUnit,
  releaseUnit,
  releaseWorker,
  renewLease,
} from '../../../ledger/trial-leases.ts';
import { endTrial, promoteTrials, type Trial } from '../../../ledger/trials.ts';
import { promotions } from '../../../programs/search/asha.ts';
import type { Search } from '../../../programs/search/search.ts';
import { addNextTrials } from './new-trials.ts';
import type { SearchRun } from './search-run.ts';
import type { UnitRunner } from './unit-runner.ts';

/** Time after which others may take a model whose worker has fallen silent: several renewals may fail. */
const usualLeaseSeconds = 60;

/** Claims of a unit after which its trial has failed. */
const mostAttempts = 10;

/** Pauses of a worker that has nothing to do until another commits. */
const [shortestPauseMs, longestPauseMs] = [50, 1000] as const;

export interface WorkerOptions {
  /** Number of the worker, from 0. */
  readonly worker: number;
  readonly runner: UnitRunner;
  readonly leaseSeconds?: number;
  readonly mostAttempts?: number;
  /** Called after each committed unit. */
  readonly onUnit?: (unit: ClaimedUnit) => void;
}

/**
 * Does units until none is left: claims a model, trains it on a shard, commits. Any number of workers do so at once, in one process or in
 * many; any of them may die at any time.
 * @throws the signal's reason, DATABASE_…
 */
export async function workOnTrials(run: SearchRun, options: WorkerOptions): Promise<void> {
  const { place, search, signal } = run;
  const { worker, runner } = options;
  const claimer: Claimer = {
    worker,
    shards: search.shards,
    own: Array.from({ length: search.shards }, (_, shard) => shard).filter(
      (shard) => shard % search.workers === worker % search.workers,
    ),
    round: roundOf(search),
    leaseSeconds: options.leaseSeconds ?? usualLeaseSeconds,
    mostAttempts: options.mostAttempts ?? mostAttempts,
  };
  try {
    await withReconnect(() => releaseWorker(place, worker), { signal });
    for (let pause: number = shortestPauseMs; ; ) {
      signal.throwIfAborted();
      if (await addNextTrials(run)) continue;
      const unit = await withReconnect(() => claimUnit(place, claimer), { signal });
      if (unit !== null) {
        await doUnit(run, options, claimer, unit);
        pause = shortestPauseMs;
        continue;
      }
      if (await withReconnect(() => promote(run), { signal })) continue;
      const { open, trials } = await withReconnect(() => searchProgress(place), { signal });
      if (open === 0 && (search.driver !== 'tpe' || trials >= search.trials)) return;
      await wait(pause, undefined, { signal });
      pause = Math.min(2 * pause, longestPauseMs);
    }
  } finally {
    await runner.close();
  }
}

/** As many models as workers, but no two on one shard. */
const roundOf = ({ scheduler, mode, workers, shards }: Search) =>
  scheduler === 'sync' ? (mode === 'hop' ? Math.min(workers, shards) : workers) : null;

/** ASHA: trials that were among the best of their rung go on. @returns whether there are any */
async function promote({ place, search }: SearchRun): Promise<boolean> {
  if (search.driver !== 'asha') return false;
  const { shards, eta } = search;
  const choose = (trials: readonly Trial[]) => {
    const all = trials.map(({ trial, state, epochs, unitsDue, loss }) => ({
      ...{ trial, state, epochs, loss, due: unitsDue / shards },
    }));
    const most = (trial: number) => trials.find((each) => each.trial === trial)!.unitsMost / shards;
    return promotions(all, most, eta).map(({ trial, due }) => ({ trial, unitsDue: due * shards }));
  };
  return (await promoteTrials(place, choose)) > 0;
}

async function doUnit(run: SearchRun, options: WorkerOptions, claimer: Claimer, unit: ClaimedUnit): Promise<void> {
  const { place, signal } = run;
  const { runner, onUnit } = options;
  const renewal = setInterval(
    () => void renewLease(place, unit, claimer.leaseSeconds).catch(() => {}),
    (claimer.leaseSeconds * 1000) / 4,
  );
  try {
    const result = await runner.run(unit);
    const started = performance.now();
    const old = await withReconnect(() => commitUnit(place, claimer, unit, result), { signal });
    const seconds = (performance.now() - started) / 1000;
    await withReconnect(() => recordCommit(place, unit, seconds), { signal });
    onUnit?.(unit);
    for (const checkpoint of old) await runner.drop(checkpoint);
  } catch (error) {
    signal.throwIfAborted();
    await afterFailure(run, runner, claimer, unit, error);
  } finally {
    clearInterval(renewal);
  }
}

/**
 * A trainer that was killed is replaced, and the unit is done again. A mistake of the trial's parameters ends the trial, not the search, and so
 * does a defect that they reveal. Files that cannot be written end the search: it may go on later.
 */
async function afterFailure(
  { place, signal }: SearchRun,
  runner: UnitRunner,
  { leaseSeconds }: Claimer,
  unit: ClaimedUnit,
  error: unknown,
): Promise<void> {
  if (!(error instanceof MillraceError)) throw error;
  if (error.code === 'TRIAL_TAKEN') return;
  const isOurs = await withReconnect(() => renewLease(place, unit, leaseSeconds), { signal });
  // Another worker has trained the model on, and this one's checkpoint is gone.
  if (!isOurs) return;
  if (error.code === 'TRAIN_FILES') throw error;
  if (error.code.startsWith('TRAIN_') && error.code !== 'TRAIN_MEMORY')
    await withReconnect(() => endTrial(place, unit, error), { signal });
  else if (runner.hasDied()) await withReconnect(() => releaseUnit(place, unit), { signal });
  else throw error;
}
