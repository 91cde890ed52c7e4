import { join } from 'node:path';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import { runModelAction } from '../../ledger/model-actions.ts';
import type { ModelStep } from '../../plan/plan.ts';
import { type ModelTask, taskVersion, workerExit } from '../../task.ts';
import { type StepRun, withBuckets } from './run-step.ts';
import { runWorker } from './worker-process.ts';

interface ModelRun extends Omit<StepRun, 'cores'> {
  readonly unregistered: () => Promise<readonly { readonly name: string; readonly file: string }[]>;
}

/** Carries out a statement about models. Only a worker looks at files: a broken one may end the process that loads it. */
export async function runModelStep(step: ModelStep, run: ModelRun): Promise<void> {
  const { name, action, actor } = step;
  const { statement } = run;
  if (action.does !== 'create') return runModelAction(action, { ...run, step: name, actor });
  const task: ModelTask = { kind: 'model', version: taskVersion, statement, step: name, action, actor, mounts: [] };
  const volumes = withBuckets(run.volumes, step);
  await withReconnect(() => look(task, { ...run, volumes }), { signal: run.signal });
}

async function look(task: ModelTask, { accounts, schema, volumes, logFolder, signal }: ModelRun): Promise<void> {
  const { exitCode, error } = await runWorker({
    command: 'model',
    environment: {
      MILLRACE_TASK: JSON.stringify(task),
      MILLRACE_DATASOURCE: accounts.dsn,
      MILLRACE_SYSTEM_DATASOURCE: accounts.systemDsn,
      MILLRACE_SCHEMA: schema,
      MILLRACE_VOLUMES: JSON.stringify(volumes),
    },
    logFile: join(logFolder, task.step, 'model.log'),
    signal,
  });
  signal.throwIfAborted();
  if (exitCode === workerExit.done) return;
  throw (
    error ?? new MillraceError('WORKER_FAILED', `the worker that looked at ${task.step}'s model ended without a reason`)
  );
}
