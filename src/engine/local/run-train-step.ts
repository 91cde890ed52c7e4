import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry, { AbortError } from 'p-retry';
import { MillraceError } from '../../errors.ts';
import type { TrainStep } from '../../plan/plan.ts';
import { trainTaskOf } from '../../plan/task-of.ts';
import { workerExit } from '../../task.ts';
import { forgetSearches } from './kept-searches.ts';
import { failureOf, mayPass, type StepRun } from './run-step.ts';
import { runWorker } from './worker-process.ts';

/**
 * TO TRAIN in one worker, which is started again after temporary failures. Its folder is deleted in the end, except for that of a search that may
 * go on: when the statement is retried, or another engine takes it over.
 */
export async function runTrainStep(step: TrainStep, run: StepRun): Promise<void> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([run.signal, deadline.signal]);
  const folder = join(run.stateFolder, 'training');
  let timer: NodeJS.Timeout | undefined;
  let [isKept, mayGoOn] = [false, true];
  const once = async () => {
    const end = await run.cores(() => {
      // Waiting for a core does not count towards the timeout.
      if (step.timeoutSeconds !== null) timer ??= setTimeout(() => deadline.abort(), step.timeoutSeconds * 1000);
      return runWorker({
        command: 'train',
        environment: environmentOf(step, run, folder),
        logFile: join(run.logFolder, step.name, 'train.log'),
        signal,
      });
    });
    signal.throwIfAborted();
    mayGoOn = mayPass(end);
    if (end.exitCode !== workerExit.done)
      throw mayPass(end) ? failureOf(end, step) : new AbortError(failureOf(end, step));
  };
  try {
    await forgetSearches(folder);
    await pRetry(once, { retries: step.retries, minTimeout: 500, maxTimeout: 30_000, randomize: true, signal });
  } catch (error) {
    isKept = step.training.search !== null && (run.signal.aborted ? !isCancelled(run.signal) : mayGoOn);
    if (!deadline.signal.aborted || run.signal.aborted) throw error;
    const hint = 'raise the timeout, or select fewer rows';
    throw new MillraceError('TIMED_OUT', `${step.name} took longer than ${step.timeoutSeconds} s`, { hint });
  } finally {
    clearTimeout(timer);
    if (!isKept) await rm(join(folder, `${run.statement}-${step.name}`), { recursive: true, force: true });
  }
}

const isCancelled = ({ reason }: AbortSignal) => reason instanceof MillraceError && reason.code === 'CANCELLED';

function environmentOf(step: TrainStep, run: StepRun, folder: string): Record<string, string> {
  return {
    MILLRACE_TASK: JSON.stringify(trainTaskOf(run.statement, step)),
    MILLRACE_DATASOURCE: run.accounts.dsn,
    MILLRACE_SYSTEM_DATASOURCE: run.accounts.systemDsn,
    MILLRACE_SCHEMA: run.schema,
    MILLRACE_VOLUMES: '{}',
    MILLRACE_TRAINER_FOLDER: join(run.stateFolder, 'trainer'),
    MILLRACE_TRAINING_FOLDER: folder,
  };
}
