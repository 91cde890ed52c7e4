import type { ProgramName } from '../programs/programs.ts';
import type { TableTarget } from '../task.ts';
import {
  type ByStepKind,
  byStepKind,
  type ForeignStep,
  type Plan,
  type RunStep,
  type SqlStep,
  type Step,
  type StepKind,
} from './plan.ts';

const asRowsStep: ByStepKind<RunStep | ForeignStep | null> = {
  sql: () => null,
  run: (step) => step,
  foreign: (step) => step,
};

/** The step as one over the rows of a query; null: it is a standard statement. */
export function rowsStep(step: Step): RunStep | ForeignStep | null {
  return byStepKind(asRowsStep, step);
}

const asSqlStep: ByStepKind<SqlStep | null> = { sql: (step) => step, run: () => null, foreign: () => null };

/** The step as a standard statement; null: it is one over rows. */
export function sqlStep(step: Step): SqlStep | null {
  return byStepKind(asSqlStep, step);
}

const writtenTables: ByStepKind<readonly TableTarget[]> = {
  sql: () => [],
  run: ({ into }) => [into],
  foreign: ({ into }) => into,
};

/** The tables that INTO names. */
export function tablesInto(step: Step): readonly TableTarget[] {
  return byStepKind(writtenTables, step);
}

const programs: ByStepKind<ProgramName | null> = {
  sql: () => null,
  run: ({ program }) => program.name,
  foreign: () => null,
};

/** The program of the worker that the step runs; null: it runs none. */
export function programOf(step: Step): ProgramName | null {
  return byStepKind(programs, step);
}

/** In the order in which people learn them. */
export const stepKinds = Object.keys(asRowsStep) as readonly StepKind[];

/** Whether the workers of such a step keep the ledger, in which anybody sees how far it is. */
export const keepsLedger: Readonly<Record<StepKind, boolean>> = { sql: false, run: true, foreign: false };

/** Whether a plan has standard statements alone. */
export function isStandard({ steps }: Plan): boolean {
  return steps.every((step) => sqlStep(step) !== null);
}

/** Whether a program only queries: it may be run anywhere, and leaves nothing behind. */
export function onlyReads({ steps }: Plan): boolean {
  return steps.length > 0 && steps.every((step) => sqlStep(step)?.onlyReads === true);
}
