import type { StepKind } from '../plan/plan.ts';
import { contractOf, programNames } from '../programs/programs.ts';
import type { Statement } from '../service/statement.ts';

type Step = Statement['steps'][number];

const verbs: Readonly<Record<StepKind, string>> = {
  sql: 'sql',
  run: 'run',
  foreign: 'run',
  model: 'model',
  train: 'train',
};

/** What the command line calls a step. */
export function verbOf({ kind }: Pick<Step, 'kind'>): string {
  return verbs[kind];
}

const overRows: Readonly<Record<StepKind, boolean>> = {
  sql: false,
  run: true,
  foreign: true,
  model: false,
  train: false,
};

/** Whether it runs a program or an image over rows. */
export function isOverRows({ kind }: Pick<Step, 'kind'>): boolean {
  return overRows[kind];
}

/** What a step's rows and those of its result are called: `images`, `detections`. */
export function countedAs({ program, outputs }: Pick<Step, 'program' | 'outputs'>) {
  const known = programNames.find((name) => name === program);
  return { inputs: known === undefined ? 'rows' : contractOf(known).inputs, outputs: outputs ?? 'outputs' };
}
