import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Visit } from '../../../src/ledger/trial-visits.ts';
import type { Trial } from '../../../src/ledger/trials.ts';
import { ResidentTrainer } from '../../../src/worker/train/resident-trainer.ts';
import { hopFolder } from '../../../src/worker/train/search/folders.ts';
import { prepareSearch } from '../../../src/worker/train/search/prepare-search.ts';
import { type SearchRun, trialAttributes } from '../../../src/worker/train/search/search-run.ts';

/**
 * Trains each model again, alone, in the order of its visits.
 * @param run with another statement and another folder, which has the same rows
 * @returns digests of the state after each visit
 */
export async function replay(run: SearchRun, trials: readonly Trial[], visits: readonly Visit[]): Promise<string[]> {
  await rm(join(run.folder, 'prepared'), { force: true });
  await prepareSearch(run);
  const trainer = await ResidentTrainer.start({ python: run.python, folder: hopFolder(run.folder) });
  const digests: string[] = [];
  try {
    for (const [trial, own] of Map.groupBy(visits, (visit) => visit.trial)) {
      const attributes = trialAttributes(run, trials[trial]!.parameters);
      let from = null;
      for (const { epoch, shard, unit } of own) {
        const done = await trainer.train({ model: trial, epoch, shard, attributes, from, to: `r${trial}.${unit}` });
        from = done.to;
        digests.push(from.sha256);
      }
    }
  } finally {
    await trainer.close();
  }
  return digests;
}
