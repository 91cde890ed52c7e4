import type { StepProgress } from '../../ledger/step-progress.ts';
import type { TrainingReport, TrainingTime } from '../../ledger/trainings.ts';
import type { Training } from '../../train-task.ts';

/** Measures a training, from the selection of its rows on. */
export interface TrainingClock {
  /** `tell`, which also notes when the first epoch, round or unit was done, and how many. */
  with(tell: (progress: StepProgress) => void): (progress: StepProgress) => void;
  /** What the training took until now. */
  read(training: Training, report: TrainingReport): TrainingTime;
}

export function openClock(now = () => performance.now()): TrainingClock {
  const startedAt = now();
  let firstAt: number | null = null;
  let done = 0;
  return {
    with: (tell) => (progress) => {
      if (progress.unit === 'epoch' || progress.unit === 'round' || progress.unit === 'unit') {
        firstAt ??= now();
        done = progress.done;
      }
      tell(progress);
    },
    read: ({ estimator, search }, { rows, curve }) => {
      const seconds = (now() - startedAt) / 1000;
      const startSeconds = firstAt === null ? null : (firstAt - startedAt) / 1000;
      const passes = search === null ? Math.max(1, curve.length) : done / search.shards / search.workers;
      return { estimator, isSearch: search !== null, seconds, startSeconds, rows, passes };
    },
  };
}
