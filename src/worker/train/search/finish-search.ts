import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withReconnect } from '../../../datasource/pool.ts';
import { MillraceError } from '../../../errors.ts';
import { removeTrialFiles } from '../../../ledger/trial-files.ts';
import { readVisits, type Visit } from '../../../ledger/trial-visits.ts';
import { readTrials, stopPaused, type Trial } from '../../../ledger/trials.ts';
import { bestTrial } from '../../../programs/search/best-trial.ts';
import { ResidentTrainer } from '../resident-trainer.ts';
import { exists, hopFolder, outcomeFolder, outcomes, scratch } from './folders.ts';
import { repeatIfKilled } from './repeat-if-killed.ts';
import { type SearchRun, trialAttributes } from './search-run.ts';
import type { SharedFiles } from './shared-files.ts';

/**
 * Makes a model of the best trial: `out/` of the search's folder is then what a plain training leaves. Safe to repeat.
 * @throws {MillraceError} SEARCH_FAILED, TRAIN_…
 */
export async function finishSearch(run: SearchRun, files: SharedFiles): Promise<Trial> {
  const { place, folder, search, signal } = run;
  await withReconnect(() => stopPaused(place), { signal });
  const trials = await withReconnect(() => readTrials(place), { signal });
  const best = bestTrial(trials);
  if (best === null) throw noneTrained(trials);
  const out = join(folder, 'out');
  if (!(await exists(out))) {
    const made =
      search.mode === 'task'
        ? await outcomeOf(run, best, files)
        : await repeatIfKilled(() => exportBest(run, best, files), signal);
    await rename(made, out);
  }
  return best;
}

/** Deletes all that a search leaves but its outcome and its trials. Safe to repeat. */
export async function clearSearch({ place, folder }: Pick<SearchRun, 'place' | 'folder'>): Promise<void> {
  await removeTrialFiles(place, null);
  for (const part of [hopFolder(folder), outcomes(folder), scratch(folder)])
    await rm(part, { recursive: true, force: true });
}

async function outcomeOf({ folder }: SearchRun, { checkpoint }: Trial, files: SharedFiles): Promise<string> {
  await files.fetchOutcome(checkpoint!);
  return outcomeFolder(folder, checkpoint!);
}

function noneTrained(trials: readonly Trial[]): MillraceError {
  const reason = trials.find(({ error }) => error !== null)?.error ?? 'none was trained';
  return new MillraceError('SEARCH_FAILED', `all ${trials.length} trials failed; the first one: ${reason}`);
}

/** @returns the folder with the model */
async function exportBest(run: SearchRun, best: Trial, files: SharedFiles): Promise<string> {
  const { python, folder, onLog, place } = run;
  const hop = hopFolder(folder);
  for (const part of ['hop', 'train', 'validation'] as const) await files.need(part);
  await files.fetchState(best.checkpoint!);
  const trainer = await ResidentTrainer.start({ python, folder: hop, ...(onLog && { onLog }) });
  const out = join(hop, 'out');
  try {
    await rm(out, { recursive: true, force: true });
    await trainer.export(best.checkpoint!, trialAttributes(run, best.parameters), best.bestEpoch);
  } finally {
    await trainer.close();
  }
  const visits = (await withReconnect(() => readVisits(place))).filter(({ trial }) => trial === best.trial);
  const file = join(out, 'report.json');
  const report = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(
    file,
    JSON.stringify({ ...report, curve: curveOf(visits), best: best.loss === null ? null : best.bestEpoch }),
  );
  return out;
}

/** Losses by epoch, as those of a plain training. */
function curveOf(visits: readonly Visit[]) {
  const epochs = Map.groupBy(visits, ({ epoch }) => epoch);
  return [...epochs.values()]
    .filter((each) => each.some(({ metrics }) => metrics !== null))
    .map((each) => {
      const losses = each.map(({ trainLoss }) => trainLoss ?? Number.NaN);
      const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
      const validation = each.find(({ metrics }) => metrics !== null)?.metrics?.valid_loss ?? null;
      return { train_loss: Number.isFinite(loss) ? loss : null, valid_loss: validation };
    });
}
