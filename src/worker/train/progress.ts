import { type StepProgress, writeProgress } from '../../ledger/step-progress.ts';
import type { TrainTask } from '../../task.ts';
import type { WorkerContext } from '../context.ts';

/** Milliseconds between two writes: each costs the database a transaction. */
const pauseMs = 500;

export interface Progress {
  /** Stores how far the step is, now or a little later. A progress that cannot be stored does not matter. */
  tell(progress: StepProgress): void;
  /** Stores the last one. */
  end(): Promise<void>;
}

export function openProgress(
  task: Pick<TrainTask, 'statement' | 'step'>,
  { pool, schema }: Pick<WorkerContext, 'pool' | 'schema'>,
): Progress {
  let next: StepProgress | null = null;
  let writing = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    timer = undefined;
    const told = next;
    next = null;
    if (told !== null) writing = writing.then(() => writeProgress(pool, schema, task, told)).catch(() => {});
  };
  return {
    tell(progress) {
      next = progress;
      timer ??= setTimeout(write, pauseMs);
    },
    async end() {
      clearTimeout(timer);
      write();
      await writing;
    },
  };
}
