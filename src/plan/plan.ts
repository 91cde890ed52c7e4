import type { Span } from '../errors.ts';
import type { WriteMode } from '../task.ts';

/** The IR: what is to be done, as JSON-serialisable data. The same program and catalog give the same plan. */
export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
}

export type Step = SqlStep | RunStep;

/** A standard statement: the database runs it as it stands. */
export interface SqlStep {
  readonly kind: 'sql';
  readonly name: string;
  readonly needs: readonly string[];
  readonly sql: string;
  readonly span: Span;
}

/** `TO RUN`: one step of an image over the rows of a query, in partitions. */
export interface RunStep {
  readonly kind: 'run';
  readonly name: string;
  /** Names of the steps that must have succeeded before. */
  readonly needs: readonly string[];
  readonly image: string;
  readonly command: readonly string[];
  readonly select: string;
  readonly into: TableTarget;
  readonly writeMode: WriteMode;
  readonly partitions: number;
  /** A selected column whose equal values stay in one partition. */
  readonly partitionBy: string | null;
  /** How many partitions may run at once. */
  readonly parallelism: number;
  readonly batchSize: number;
  readonly maxFailedRows: number;
  /** How often a partition is started again after a failure that may pass. */
  readonly retries: number;
  readonly timeoutSeconds: number | null;
  readonly resources: Resources;
  readonly volumes: readonly VolumeMount[];
  readonly priority: number | null;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** The model file inside the volumes, for an image of ours. */
  readonly modelFile: string | null;
  readonly imageColumn: string | null;
  readonly span: Span;
}

export interface TableTarget {
  readonly database: string | null;
  readonly table: string;
}

export interface Resources {
  /** Whole or fractional cores; null: the engine's default. */
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
