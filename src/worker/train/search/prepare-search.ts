import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withReconnect } from '../../../datasource/pool.ts';
import { clearTrials, readTrials } from '../../../ledger/trials.ts';
import { runTrainer } from '../run-trainer.ts';
import { hopFolder, isPrepared, linkRows, preparedMark, scratchFolder } from './folders.ts';
import { addFirstTrials } from './new-trials.ts';
import { repeatIfKilled } from './repeat-if-killed.ts';
import { jobText, type SearchRun, trialAttributes } from './search-run.ts';

/**
 * Adds the first trials, learns what all models share, and splits the rows into shards. Safe to repeat: what is there is kept, and a search
 * whose folder was lost starts anew.
 */
export async function prepareSearch(run: SearchRun): Promise<void> {
  const { folder, place, search, signal } = run;
  const isReady = await isPrepared(folder);
  if (!isReady) await withReconnect(() => clearTrials(place), { signal });
  const trials = await withReconnect(() => readTrials(place), { signal });
  if (trials.length === 0) await repeatIfKilled(() => addFirstTrials(run), signal);
  if (isReady) return;
  if (search.mode === 'hop') await repeatIfKilled(() => learnFit(run), signal);
  await writeFile(preparedMark(folder), '');
}

async function learnFit(run: SearchRun): Promise<void> {
  const { folder, place, search, signal } = run;
  const [first] = await withReconnect(() => readTrials(place), { signal });
  const attributes = trialAttributes(run, first!.parameters);
  await rm(hopFolder(folder), { recursive: true, force: true });
  const fit = await scratchFolder(folder, 'fit-');
  await symlink(join(folder, 'data'), join(fit, 'data'));
  const { estimator } = first!;
  await writeFile(join(fit, 'job.json'), jobText(run, 'fit', { estimator, attributes, shards: search.shards }));
  await runTrainer({ ...run, folder: fit });
  const hop = join(fit, 'out');
  await linkRows(hop);
  await writeFile(join(hop, 'job.json'), jobText(run, 'hop', { estimator, cache: search.cache ?? true }));
  await rename(hop, hopFolder(folder));
}
