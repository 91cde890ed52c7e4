import { randomUUID } from 'node:crypto';
import type { Pool } from 'mysql2/promise';
import type { LimitFunction } from 'p-limit';
import { modelFiles } from '../../catalog/named-models.ts';
import type { Accounts } from '../../datasource/accounts.ts';
import { withReconnect } from '../../datasource/pool.ts';
import { type ErrorRecord, errorRecord, MillraceError } from '../../errors.ts';
import { runningStates } from '../../ledger/statement-states.ts';
import type { StepStatus } from '../../ledger/statement-status.ts';
import type { StoredStatement } from '../../ledger/statement-store.ts';
import { type ByStepKind, byStepKind, type Plan, type Step } from '../../plan/plan.ts';
import { podStep } from '../../plan/step-facts.ts';
import type { StandardRun } from '../engine.ts';
import { needsSession } from './recovery-decision.ts';
import { runModelStep } from './run-model-step.ts';
import { runStep } from './run-step.ts';
import { runTrainStep } from './run-train-step.ts';
import { openSqlSession, type SqlSession } from './sql-session.ts';
import type { StatementLock } from './statement-locks.ts';

export interface PlanRun extends StandardRun {
  readonly pool: Pool;
  readonly accounts: Accounts;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  readonly lock: StatementLock;
  /** Steps with their stored states; empty before the first run. */
  readonly steps: readonly StepStatus[];
  readonly logFolder: string;
  /** Limits the workers of all statements together: as many at once as this machine has cores. */
  readonly cores: LimitFunction;
  /** Cancels the statement. */
  readonly signal: AbortSignal;
  /** Stops workers and starts no further steps, unless the statement needs its session: another engine resumes it. */
  readonly leaving: AbortSignal;
}

type RunnableStatement = Pick<StoredStatement, 'id' | 'plan'>;

/** A plan while it runs. */
interface Run extends Omit<PlanRun, 'leaving'> {
  readonly id: string;
  /** Distinguishes writes of this run from those of others. */
  readonly token: string;
  readonly plan: Plan;
  readonly session: SqlSession;
  /** States of the steps, by name. */
  readonly states: Map<string, StepStatus['state']>;
  /** The last successful step, which is stored together with the statement's end. */
  readonly unwritten: Step[];
  /** Aborted once the statement is left to another engine. */
  readonly left: AbortSignal;
}

/** Runs the steps that have not succeeded yet and stores how the statement ended, unless it is left to another engine. Never throws. */
export async function runPlan({ id, plan }: RunnableStatement, { leaving, ...given }: PlanRun): Promise<void> {
  const session = openSqlSession({ ...given, statement: id });
  const states = new Map(given.steps.map(({ name, state }) => [name, state]));
  const left = new AbortController();
  const leave = () => needsSession(plan, states) || left.abort(leaving.reason);
  leaving.addEventListener('abort', leave, { once: true });
  const run = { ...given, id, token: randomUUID(), plan, session, states, unwritten: [], left: left.signal };
  try {
    await runSteps(run);
    await write(given.lock, () => given.lock.writer.succeed(id));
  } catch (error) {
    if (isOthers(error, run)) return;
    await endBadly(error, run).catch(() => {});
  } finally {
    await session.close().catch(() => {});
  }
}

async function endBadly(error: unknown, run: Run): Promise<void> {
  const { id, lock, signal, unwritten } = run;
  for (const step of unwritten) await endStep(step, 'succeeded', null, run);
  // All steps succeeded, but the success could not be stored. If the statement failed, a retry would repeat it.
  if (!signal.aborted && hasSucceeded(run)) return void (await write(lock, () => lock.writer.succeed(id)));
  const state = signal.aborted ? 'cancelled' : 'failed';
  const told = errorRecord(signal.aborted ? signal.reason : error);
  await write(lock, () => lock.writer.move(id, runningStates, state, told));
}

/** Runs each step after those it needs, and other steps in parallel. After a failure, running steps complete but no further step starts. */
async function runSteps(run: Run): Promise<void> {
  const ends = new Map<string, Promise<void>>();
  let failed = false;
  for (const step of run.plan.steps) {
    const start = async () => {
      await Promise.all(step.needs.map((name) => ends.get(name)));
      if (run.states.get(step.name) === 'succeeded' || failed) return;
      await runOne(step, run);
    };
    const end = start().catch((error) => {
      failed = true;
      throw error;
    });
    end.catch(() => {});
    ends.set(step.name, end);
  }
  const rejected = (await Promise.allSettled(ends.values())).filter(({ status }) => status === 'rejected');
  const reasons = rejected.map((end) => (end as PromiseRejectedResult).reason);
  if (reasons.length > 0) throw reasons.find((reason) => reason !== run.left.reason) ?? run.left.reason;
}

async function runOne(step: Step, run: Run): Promise<void> {
  const { signal, left } = run;
  if (signal.aborted) throw new MillraceError('CANCELLED', `the statement was cancelled before ${step.name}`);
  left.throwIfAborted();
  await beginStep(step, run);
  try {
    await byStepKind(runners, step, run);
    run.states.set(step.name, 'succeeded');
    if (hasSucceeded(run)) run.unwritten.push(step);
    else await endStep(step, 'succeeded', null, run);
  } catch (error) {
    if (isOthers(error, run)) throw error;
    const told = errorRecord(signal.aborted ? signal.reason : error);
    await endStep(step, signal.aborted ? 'cancelled' : 'failed', told, run).catch(() => {});
    throw error;
  }
}

/** Whether all steps have succeeded. Searches from the end, because most programs run in order. */
function hasSucceeded({ plan, states }: Run): boolean {
  return plan.steps.findLast(({ name }) => states.get(name) !== 'succeeded') === undefined;
}

/** A standard statement starts only from its known state, so that one with an unknown outcome is not repeated. */
async function beginStep(step: Step, { id, token, lock, states }: Run): Promise<void> {
  const { name } = step;
  const anyUnfinished = ['pending', 'running', 'failed', 'cancelled'] as const;
  const from = podStep(step) === null ? [states.get(name) ?? 'pending'] : anyUnfinished;
  await write(lock, () => lock.writer.beginStep(id, name, from, token));
  states.set(name, 'running');
}

const runners: ByStepKind<Promise<void>, [Run]> = {
  sql: (step, { session }) => session.run(step),
  run: (step, run) => runStep(step, { ...run, statement: run.id, signal: AbortSignal.any([run.signal, run.left]) }),
  model: (step, run) =>
    runModelStep(step, { ...run, statement: run.id, unregistered: () => modelFiles(run.volumes['/models']) }),
  train: (step, run) =>
    runTrainStep(step, { ...run, statement: run.id, signal: AbortSignal.any([run.signal, run.left]) }),
  foreign: ({ image }) => {
    throw new MillraceError('UNKNOWN_IMAGE', `${image} cannot run on this machine`, { hint: 'run it on Kubernetes' });
  },
};

async function endStep(
  { name }: Step,
  state: StepStatus['state'],
  error: ErrorRecord | null,
  { id, lock, states }: Run,
): Promise<void> {
  await write(lock, () => lock.writer.moveStep(id, name, state, error));
  states.set(name, state);
}

/** Writes through the lock's session, so that nothing is written once another engine has the statement. */
async function write(lock: StatementLock, change: () => Promise<boolean>): Promise<void> {
  const written = async () => (await change()) || ((await lock.renew()) && (await change()));
  if (!(await withReconnect(written, {}))) throw new MillraceError('STATEMENT_BUSY', 'another engine has taken over');
}

/** Whether another engine has the statement, or will have it. That engine writes the states. */
function isOthers(error: unknown, { signal, left }: Run): boolean {
  const reason = signal.reason ?? error;
  return (
    (reason instanceof MillraceError && reason.code === 'STATEMENT_BUSY') || (left.aborted && error === left.reason)
  );
}
