import type { Span } from '../errors.ts';
import type { ModelAction, ModelActor, ModelReference } from '../model-task.ts';
import type { ProgramCall } from '../programs/programs.ts';
import type { TableTarget, WriteMode } from '../task.ts';
import type { TrainCost, Training } from '../train-task.ts';
import type { StepCost } from './cost/step-cost.ts';
import type { FindPlan } from './find/find-plan.ts';

/** Increases with each change of the plan's format; `readPlan` upgrades stored plans of earlier versions. */
export const planVersion = 6;

/** The IR: what to execute, as JSON-serialisable data. The same program and catalog give the same plan. */
export interface Plan {
  readonly kind: 'plan';
  readonly version: typeof planVersion;
  readonly steps: readonly Step[];
}

export type Step = SqlStep | RunStep | ForeignStep | ModelStep | TrainStep;

export type StepKind = Step['kind'];

/** One function for each kind of step: a layer's exhaustive table. */
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
  /** Names of the steps that must succeed first. */
  readonly needs: readonly string[];
  readonly span: Span;
}

/** A standard statement, which the database runs unchanged. */
export interface SqlStep extends StepBase {
  readonly kind: 'sql';
  readonly sql: string;
  /** Whether it may safely be repeated or ended early. */
  readonly onlyReads: boolean;
  /** Whether no later statement of its session depends on it. */
  readonly isolated: boolean;
  /** Whether it runs other statements, so that the database may reject one of those. */
  readonly runsOthers: boolean;
}

/** The common part of steps whose pods the statement's attributes describe. */
interface PodStep extends StepBase {
  readonly image: string;
  readonly select: string;
  /** Maximum number of restarts of a pod after a transient failure. */
  readonly retries: number;
  readonly timeoutSeconds: number | null;
  readonly resources: Resources;
  readonly volumes: readonly VolumeMount[];
  readonly priority: number | null;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** The administrator's profile that it runs with; null: none. */
  readonly profile: StepProfile | null;
  /** Maximum seconds for which a pod waits before it runs. */
  readonly pendingSeconds: number | null;
}

/** The common part of every `TO RUN`: an image over the rows of a query, in partitions. */
interface ImageStep extends PodStep {
  readonly command: readonly string[];
  readonly partitions: number;
  /** Selected column whose equal values stay in one partition; null if partitions are ranges of rows. */
  readonly partitionBy: string | null;
  /** Maximum number of partitions that run at once. */
  readonly parallelism: number;
}

/** `TO RUN` with an image of the project's worker. */
export interface RunStep extends ImageStep {
  readonly kind: 'run';
  /** null: its outputs are summed up, and not kept. */
  readonly into: TableTarget | null;
  readonly writeMode: WriteMode;
  /** Rows per transaction; null: as many as are processed in about a second. */
  readonly commitRows: number | null;
  readonly maxFailedRows: number;
  readonly program: ProgramCall;
  /** What it costs by the measurements of its model; absent: there are none. */
  readonly cost?: StepCost;
  /** Why the numbers that the statement leaves open are what they are; absent: it leaves none open. */
  readonly choices?: readonly string[];
  /** Why its models are asked in their order; absent: it is not TO FIND. */
  readonly find?: FindPlan;
  /** null: the file of the model is not registered, or there are several models. */
  readonly model: ModelReference | null;
  /** Buckets, or folders of buckets, that it may read; absent: none. */
  readonly buckets?: readonly string[];
}

/** `TO RUN` with any other image: it follows SQLFlow's contract and writes its tables itself. */
export interface ForeignStep extends ImageStep {
  readonly kind: 'foreign';
  readonly into: readonly TableTarget[];
}

/** A statement about models, which Millrace answers from the system schema. */
export interface ModelStep extends StepBase {
  readonly kind: 'model';
  readonly action: ModelAction;
  readonly actor: ModelActor;
  /** Volumes in which it looks at a file. */
  readonly volumes: readonly VolumeMount[];
  /** Buckets in which it may look at a file; absent: none. */
  readonly buckets?: readonly string[];
  readonly profile: StepProfile | null;
}

/** `TO TRAIN`: a version of a model, trained on the rows of a query. */
export interface TrainStep extends PodStep {
  readonly kind: 'train';
  readonly training: Training;
  readonly actor: ModelActor;
  /** What it costs by earlier trainings of its estimator; absent: none was measured. */
  readonly cost?: TrainCost;
}

/** The engine looks up the profile by its name when it starts the step. */
export interface StepProfile {
  readonly name: string;
  /** What it sets, for people. */
  readonly facts: readonly string[];
  /** Its settings that mean nothing to the engine of this plan. */
  readonly withoutEffect: readonly string[];
}

export interface Resources {
  /** Number of cores; null for the engine's default. */
  readonly cpu: number | null;
  /** Number of bytes; null for the engine's default. */
  readonly memory: number | null;
  readonly gpu: number;
}

export interface VolumeMount {
  readonly claim: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}
