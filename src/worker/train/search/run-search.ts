import { withReconnect } from '../../../datasource/pool.ts';
import { type SearchProgress, searchProgress } from '../../../ledger/search-progress.ts';
import type { Trial } from '../../../ledger/trials.ts';
import { clearSearch, finishSearch } from './finish-search.ts';
import { openHopRunner } from './hop-runner.ts';
import { prepareSearch } from './prepare-search.ts';
import type { SearchRun } from './search-run.ts';
import { workOnTrials } from './search-worker.ts';
import { folderFiles, type SharedFiles } from './shared-files.ts';
import { openTaskRunner } from './task-runner.ts';
import type { UnitRunner } from './unit-runner.ts';

/** Trains the models of a search. */
export const openRunner = (run: SearchRun, files: SharedFiles): UnitRunner =>
  run.search.mode === 'hop' ? openHopRunner(run, files) : openTaskRunner(run, files);

/**
 * Runs a search on this machine: all trainers are processes of their own beside this one, which claims, renews and commits for them. It goes
 * on with what an earlier process has left in the ledger and the folder.
 * @returns the best trial, whose model is in `out/`
 * @throws the signal's reason, {MillraceError} SEARCH_FAILED, TRAIN_…, DATABASE_…
 */
export async function runSearch(run: SearchRun, onProgress?: (progress: SearchProgress) => void): Promise<Trial> {
  const { place, search, folder, signal } = run;
  await prepareSearch(run);
  const files = folderFiles(folder);
  const failed = new AbortController();
  const own = { ...run, signal: AbortSignal.any([signal, failed.signal]) };
  const tell = async () => onProgress?.(await withReconnect(() => searchProgress(place), { signal: own.signal }));
  const work = (worker: number) =>
    workOnTrials(own, {
      worker,
      runner: openRunner(own, files),
      onUnit: () => void tell().catch(() => {}),
    }).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: search.workers }, (_, worker) => work(worker)));
  signal.throwIfAborted();
  const failure = ends.find((end) => end.status === 'rejected' && end.reason === failed.signal.reason);
  if (failure?.status === 'rejected') throw failure.reason;
  const best = await finishSearch(run, files);
  await clearSearch(run);
  return best;
}
