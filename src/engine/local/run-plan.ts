import type { Pool } from 'mysql2/promise';
import { withReconnect } from '../../datasource/pool.ts';
import { MillraceError } from '../../errors.ts';
import type { Step } from '../../plan/plan.ts';
import type { QueryRows, StatementError, StepStatus } from '../engine.ts';
import { runSql } from './run-sql.ts';
import { runStep } from './run-step.ts';
import type { StatementStore, StoredStatement } from './statement-store.ts';
import { readSteps } from './step-status.ts';

export interface PlanRun {
  readonly pool: Pool;
  readonly dsn: string;
  readonly schema: string;
  readonly volumes: Readonly<Record<string, string>>;
  readonly store: StatementStore;
  readonly logFolder: string;
  readonly signal: AbortSignal;
  readonly onRows: (rows: QueryRows) => void;
}

/** Runs the steps that have not succeeded yet, each after those it needs, and writes down how the statement ended. Never throws. */
export async function runPlan(statement: StoredStatement, run: PlanRun): Promise<void> {
  const { store } = run;
  try {
    const done = await succeededSteps(statement.id, run);
    for (const step of statement.plan.steps) {
      if (!done.has(step.name)) await runOne(statement.id, step, run);
    }
    await withReconnect(() => store.move(statement.id, ['running', 'cancelling'], 'succeeded'), {});
  } catch (error) {
    const state = run.signal.aborted ? 'cancelled' : 'failed';
    const write = () => store.move(statement.id, ['running', 'cancelling'], state, statementError(error));
    await withReconnect(write, {}).catch(() => {});
  }
}

async function succeededSteps(id: string, { pool, schema }: PlanRun): Promise<ReadonlySet<string>> {
  const steps = await readSteps(pool, schema, id);
  return new Set(steps.filter(({ state }) => state === 'succeeded').map(({ name }) => name));
}

async function runOne(id: string, step: Step, run: PlanRun): Promise<void> {
  const { store, signal } = run;
  if (signal.aborted) throw new MillraceError('CANCELLED', `the statement was cancelled before ${step.name}`);
  const move = (state: StepStatus['state'], error: StatementError | null = null) =>
    withReconnect(() => store.moveStep(id, step.name, state, error), {});
  await move('running');
  try {
    if (step.kind === 'sql') await runSql(run.pool, step, run.onRows);
    else await runStep(step, { ...run, statement: id });
    await move('succeeded');
  } catch (error) {
    await move(signal.aborted ? 'cancelled' : 'failed', statementError(error)).catch(() => {});
    throw error;
  }
}

function statementError(error: unknown): StatementError {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
