import { contractOf, type ProgramName } from '../programs/programs.ts';
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
  type TrainStep,
} from './plan.ts';

const asRowsStep: ByStepKind<RunStep | ForeignStep | null> = {
  sql: () => null,
  run: (step) => step,
  foreign: (step) => step,
  model: () => null,
  train: () => null,
};

/** The step if it runs over the rows of a query; null for a standard statement and one about models. */
export function rowsStep(step: Step): RunStep | ForeignStep | null {
  return byStepKind(asRowsStep, step);
}

const asPodStep: ByStepKind<RunStep | ForeignStep | TrainStep | null> = {
  sql: () => null,
  run: (step) => step,
  foreign: (step) => step,
  model: () => null,
  train: (step) => step,
};

/** The step if its statement's attributes describe its pods; null for a standard statement and one about models. */
export function podStep(step: Step): RunStep | ForeignStep | TrainStep | null {
  return byStepKind(asPodStep, step);
}

const atOnce: ByStepKind<number> = {
  sql: () => 1,
  run: ({ parallelism }) => parallelism,
  foreign: ({ parallelism }) => parallelism,
  model: () => 1,
  train: ({ training: { search } }) => search?.workers ?? 1,
};

/** Maximum number of the step's pods that run at once. */
export function podsAtOnce(step: Step): number {
  return byStepKind(atOnce, step);
}

const searches: ByStepKind<boolean> = {
  sql: () => false,
  run: () => false,
  foreign: () => false,
  model: () => false,
  train: ({ training: { search } }) => search !== null,
};

/** Whether the step trains many models, of which the best is kept. */
export function isSearch(step: Step): boolean {
  return byStepKind(searches, step);
}

const asSqlStep: ByStepKind<SqlStep | null> = {
  sql: (step) => step,
  run: () => null,
  foreign: () => null,
  model: () => null,
  train: () => null,
};

/** The step if it is a standard statement; null for others. */
export function sqlStep(step: Step): SqlStep | null {
  return byStepKind(asSqlStep, step);
}

const asRunStep: ByStepKind<RunStep | null> = {
  sql: () => null,
  run: (step) => step,
  foreign: () => null,
  model: () => null,
  train: () => null,
};

/** The step if the worker runs a program over its rows; null for another. */
export function runStep(step: Step): RunStep | null {
  return byStepKind(asRunStep, step);
}

const writtenTables: ByStepKind<readonly TableTarget[]> = {
  sql: () => [],
  run: ({ into }) => (into === null ? [] : [into]),
  foreign: ({ into }) => into,
  model: () => [],
  train: () => [],
};

/** The tables that INTO names. */
export function tablesInto(step: Step): readonly TableTarget[] {
  return byStepKind(writtenTables, step);
}

const programs: ByStepKind<ProgramName | null> = {
  sql: () => null,
  run: ({ program }) => program.name,
  foreign: () => null,
  model: () => null,
  train: () => null,
};

/** The worker's program that the step runs; null if none. */
export function programOf(step: Step): ProgramName | null {
  return byStepKind(programs, step);
}

const outputs: ByStepKind<string | null> = {
  sql: () => null,
  run: ({ program: { name, settings } }) => contractOf(name).result(settings, null).outputs,
  foreign: () => null,
  model: () => null,
  train: () => null,
};

/** What the outputs of the worker's program are called, in the plural; null if the step runs none. */
export function outputsOf(step: Step): string | null {
  return byStepKind(outputs, step);
}

/** In the order in which people learn them. */
export const stepKinds = Object.keys(asRowsStep) as readonly StepKind[];

/** Whether the workers of such a step write the ledger, which shows its progress. */
export const keepsLedger: Readonly<Record<StepKind, boolean>> = {
  sql: false,
  run: true,
  foreign: false,
  model: false,
  train: false,
};

/** Whether a plan has only standard statements. */
export function isStandard({ steps }: Plan): boolean {
  return steps.every((step) => sqlStep(step) !== null);
}

const needNoPod: ByStepKind<boolean> = {
  sql: ({ onlyReads }) => onlyReads,
  run: () => false,
  foreign: () => false,
  model: ({ action }) => action.does !== 'create',
  train: () => false,
};

/** Whether a program only queries and uses the registry of models: any process with a connection can run it. */
export function needsNoPod({ steps }: Plan): boolean {
  return steps.length > 0 && steps.every((step) => byStepKind(needNoPod, step));
}
