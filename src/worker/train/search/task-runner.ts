import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../errors.ts';
import { runTrainer } from '../run-trainer.ts';
import { scratchFolder } from './folders.ts';
import { metricLoss } from './metric-loss.ts';
import { jobText, type SearchRun, trialAttributes } from './search-run.ts';
import type { SharedFiles } from './shared-files.ts';
import type { UnitRunner } from './unit-runner.ts';

/** Each trial is a whole training, on all rows. */
export function openTaskRunner(run: SearchRun, files: SharedFiles): UnitRunner {
  const { folder, search } = run;
  let died = false;
  return {
    async run({ trial, estimator, parameters }) {
      died = false;
      const started = performance.now();
      const own = await scratchFolder(folder, `trial-${trial}-`);
      try {
        for (const part of ['train', 'validation'] as const) await files.need(part);
        await symlink(join(folder, 'data'), join(own, 'data'));
        const attributes = trialAttributes(run, parameters);
        await writeFile(join(own, 'job.json'), jobText(run, 'train', { estimator, attributes }));
        await runTrainer({ ...run, folder: own });
        const { sha256, metrics } = JSON.parse(await readFile(join(own, 'out/report.json'), 'utf8'));
        await files.keepOutcome(join(own, 'out'), sha256);
        const loss = metricLoss(search.metric, metrics.validation);
        const seconds = (performance.now() - started) / 1000;
        return {
          checkpoint: sha256,
          seconds,
          parts: null,
          trainLoss: null,
          measured: { loss, metrics: metrics.validation },
        };
      } catch (error) {
        died = error instanceof MillraceError && error.code === 'TRAIN_MEMORY';
        throw error;
      } finally {
        await rm(own, { recursive: true, force: true });
      }
    },
    drop: async () => {},
    hasDied: () => died,
    close: async () => {},
  };
}
