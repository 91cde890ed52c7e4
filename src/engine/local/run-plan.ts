import type { Pool } from 'mysql2/promise';
import type { LimitFunction } from 'p-limit';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import type { Step } from '../../plan/plan.ts';
import type { StatementError, StepStatus } from '../engine.ts';
import type { StatementStore, StoredStatement } from '../statement-store.ts';
import { readSteps } from '../step-status.ts';
import { runStep } from './run-step.ts';
import { openSqlSession, type SqlSession } from './sql-session.ts';

export interface PlanRun {
  readonly pool: Pool;
  readonly dsn: string;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly store: StatementStore;
  readonly logFolder: string;
  /** Shared by all that runs on this machine: as many workers at once as it has cores. */
  readonly cores: LimitFunction;
  readonly signal: AbortSignal;
}

/** Runs the steps that have not succeeded yet and writes down how the statement ended. Never throws. */
export async function runPlan(statement: StoredStatement, run: PlanRun): Promise<void> {
  const { store } = run;
  const session = openSqlSession({ ...run, statement: statement.id });
  try {
    await runSteps(statement, session, run);
    await withReconnect(() => store.move(statement.id, ['running', 'cancelling'], 'succeeded'), {});
  } catch (error) {
    if (isTakenOver(run.signal)) return;
    const state = run.signal.aborted ? 'cancelled' : 'failed';
    const cause = run.signal.aborted ? run.signal.reason : error;
    const write = () => store.move(statement.id, ['running', 'cancelling'], state, statementError(cause));
    await withReconnect(write, {}).catch(() => {});
  } finally {
    await session.close().catch(() => {});
  }
}

/** Each step after those it needs, the others side by side. After a failure none begins, and those that run go on to their end. */
async function runSteps({ id, plan }: StoredStatement, session: SqlSession, run: PlanRun): Promise<void> {
  const done = await withReconnect(() => succeededSteps(id, run), {});
  const ends = new Map<string, Promise<void>>();
  let failed = false;
  for (const step of plan.steps) {
    const start = async () => {
      await Promise.all(step.needs.map((name) => ends.get(name)));
      if (done.has(step.name) || failed) return;
      await runOne(id, step, session, run);
    };
    const end = start().catch((error) => {
      failed = true;
      throw error;
    });
    end.catch(() => {});
    ends.set(step.name, end);
  }
  const rejected = (await Promise.allSettled(ends.values())).find(({ status }) => status === 'rejected');
  if (rejected !== undefined) throw (rejected as PromiseRejectedResult).reason;
}

async function succeededSteps(id: string, { pool, schema }: PlanRun): Promise<ReadonlySet<string>> {
  const steps = await readSteps(pool, schema, id);
  return new Set(steps.filter(({ state }) => state === 'succeeded').map(({ name }) => name));
}

async function runOne(id: string, step: Step, session: SqlSession, run: PlanRun): Promise<void> {
  const { store, signal } = run;
  if (signal.aborted) throw new MillraceError('CANCELLED', `the statement was cancelled before ${step.name}`);
  const move = (state: StepStatus['state'], error: StatementError | null = null) =>
    withReconnect(() => store.moveStep(id, step.name, state, error), {});
  await move('running');
  try {
    if (step.kind === 'sql') await session.run(step);
    else if (step.kind === 'run') await runStep(step, { ...run, statement: id });
    else
      throw new MillraceError('UNKNOWN_IMAGE', `${step.image} cannot run on this machine`, {
        hint: 'run it on Kubernetes',
      });
    await move('succeeded');
  } catch (error) {
    if (isTakenOver(signal)) throw error;
    await move(signal.aborted ? 'cancelled' : 'failed', statementError(signal.aborted ? signal.reason : error)).catch(
      () => {},
    );
    throw error;
  }
}

/** Another engine has the statement now, and writes its state. */
function isTakenOver({ reason }: AbortSignal): boolean {
  return reason instanceof MillraceError && reason.code === 'STATEMENT_BUSY';
}

function statementError(error: unknown): StatementError {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
