import type { Span } from '../errors.ts';
import type { ProgramCall } from '../programs/programs.ts';
import type { TableTarget, WriteMode } from '../task.ts';

/** Grows with each change of what a plan says; `readPlan` brings stored plans of earlier versions along. */
export const planVersion = 2;

/** The IR: what is to be done, as JSON-serialisable data. The same program and catalog give the same plan. */
export interface Plan {
  readonly kind: 'plan';
  readonly version: typeof planVersion;
  readonly steps: readonly Step[];
}

export type Step = SqlStep | RunStep | ForeignStep;

export type StepKind = Step['kind'];

/** A function for each kind of step: what a layer does with steps, in one exhaustive table. */
export type ByStepKind<Result, More extends readonly unknown[] = []> = {
  readonly [Kind in StepKind]: (step: Extract<Step, { readonly kind: Kind }>, ...more: More) => Result;
};

export function byStepKind<Result, More extends readonly unknown[]>(
  table: ByStepKind<Result, More>,
  step: Step,
  ...more: More
): Result {
  return (table[step.kind] as (step: Step, ...more: More) => Result)(step, ...more);
}

interface StepBase {
  readonly name: string;
  /** Names of the steps that must have succeeded before. */
  readonly needs: readonly string[];
  readonly span: Span;
}

/** A standard statement: the database runs it as it stands. */
export interface SqlStep extends StepBase {
  readonly kind: 'sql';
  readonly sql: string;
  /** Whether it may be run twice, or ended early. */
  readonly onlyReads: boolean;
  /** Whether no later statement of its session depends on it. */
  readonly isolated: boolean;
  /** Whether it runs other statements, one of which may be what the database refuses. */
  readonly runsOthers: boolean;
}

/** What every `TO RUN` has: an image over the rows of a query, in partitions. */
interface ImageStep extends StepBase {
  readonly image: string;
  readonly command: readonly string[];
  readonly select: string;
  readonly partitions: number;
  /** A selected column whose equal values stay in one partition; null: partitions are ranges of rows. */
  readonly partitionBy: string | null;
  /** How many partitions may run at once. */
  readonly parallelism: number;
  /** How often a partition is started again after a failure that may pass. */
  readonly retries: number;
  readonly timeoutSeconds: number | null;
  readonly resources: Resources;
  readonly volumes: readonly VolumeMount[];
  readonly priority: number | null;
  readonly nodeSelector: Readonly<Record<string, string>>;
}

/** `TO RUN` with an image of the project's worker. */
export interface RunStep extends ImageStep {
  readonly kind: 'run';
  readonly into: TableTarget;
  readonly writeMode: WriteMode;
  /** Rows per transaction. */
  readonly batchSize: number;
  readonly maxFailedRows: number;
  readonly program: ProgramCall;
}

/** `TO RUN` with any other image: it keeps SQLFlow's contract and writes its tables itself. */
export interface ForeignStep extends ImageStep {
  readonly kind: 'foreign';
  readonly into: readonly TableTarget[];
}

export interface Resources {
  /** Cores; null: the engine's default. */
  readonly cpu: number | null;
  /** Bytes; null: the engine's default. */
  readonly memory: number | null;
  readonly gpu: number;
}

export interface VolumeMount {
  readonly claim: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}
