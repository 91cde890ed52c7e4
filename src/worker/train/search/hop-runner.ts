import { MillraceError } from '../../../errors.ts';
import { ResidentTrainer } from '../resident-trainer.ts';
import { hopFolder } from './folders.ts';
import { metricLoss } from './metric-loss.ts';
import { type SearchRun, trialAttributes } from './search-run.ts';
import type { SharedFiles } from './shared-files.ts';
import type { UnitRunner } from './unit-runner.ts';

/** Keeps one resident trainer, from its first unit on. */
export function openHopRunner(run: SearchRun, files: SharedFiles): UnitRunner {
  const { python, folder, search, onLog } = run;
  let resident: ResidentTrainer | null = null;
  /** Whether the latest one was killed before it was ready. */
  let diedAtStart = false;

  async function trainer(): Promise<ResidentTrainer> {
    if (resident === null || resident.hasEnded) {
      await files.need('hop');
      resident = await ResidentTrainer.start({ python, folder: hopFolder(folder), ...(onLog && { onLog }) }).catch(
        (error) => {
          diedAtStart = error instanceof MillraceError && error.code === 'TRAIN_MEMORY';
          throw error;
        },
      );
      diedAtStart = false;
    }
    return resident;
  }

  return {
    async run({ trial, epoch, shard, unit, fence, checkpoint, parameters, endsEpoch }) {
      const started = performance.now();
      const own = await trainer();
      await files.need(`shard${shard}`);
      if (endsEpoch) await files.need('validation');
      const load = await secondsOf(async () => checkpoint !== null && files.fetchState(checkpoint));
      const attributes = trialAttributes(run, parameters);
      const from = checkpoint === null ? null : { name: checkpoint, sha256: checkpoint };
      const to = `m${trial}.u${unit}.f${fence}`;
      const done = await own.train({ model: trial, epoch, shard, attributes, from, to });
      const measured = endsEpoch ? await own.measure(to, attributes) : null;
      const save = await secondsOf(() => files.keepState(to, done.to.sha256));
      const metrics = measured && { valid_loss: measured.loss, ...measured.metrics };
      return {
        checkpoint: done.to.sha256,
        seconds: (performance.now() - started) / 1000,
        parts: { ...done.parts, load: load + done.parts.load, save: save + done.parts.save },
        trainLoss: done.loss,
        measured: metrics && { loss: metricLoss(search.metric, metrics), metrics },
      };
    },
    drop: (checkpoint) => files.dropState(checkpoint),
    hasDied: () => diedAtStart || (resident?.hasEnded ?? false),
    async close() {
      if (resident !== null && !resident.hasEnded) await (run.signal.aborted ? resident.kill() : resident.close());
      resident = null;
    },
  };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
