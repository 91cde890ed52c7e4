import type { Span } from '../errors.ts';
import type { DetectSettings, TableTarget, WriteMode } from '../task.ts';

/** The IR: what is to be done, as JSON-serialisable data. The same program and catalog give the same plan. */
export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
}

export type Step = SqlStep | RunStep;

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
}

/** `TO RUN`: an image over the rows of a query, in partitions. */
export interface RunStep extends StepBase {
  readonly kind: 'run';
  readonly image: string;
  readonly command: readonly string[];
  readonly select: string;
  readonly into: TableTarget;
  readonly writeMode: WriteMode;
  readonly partitions: number;
  /** A selected column whose equal values stay in one partition; null: partitions are ranges of rows. */
  readonly partitionBy: string | null;
  /** How many partitions may run at once. */
  readonly parallelism: number;
  /** Rows per transaction. */
  readonly batchSize: number;
  readonly maxFailedRows: number;
  /** How often a partition is started again after a failure that may pass. */
  readonly retries: number;
  readonly timeoutSeconds: number | null;
  readonly resources: Resources;
  readonly volumes: readonly VolumeMount[];
  readonly priority: number | null;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly detect: DetectSettings;
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
