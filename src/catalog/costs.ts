/** A measured run or evaluation of a model, as the catalog has it. */
export interface ModelRun {
  /** An evaluation reads all of the model's output, which takes longer than a run. */
  readonly kind: 'run' | 'evaluation';
  /** `2026-11-27T10:00:00.000000Z` */
  readonly measuredAt: string;
  /** `cpu`, `cpu, 2 threads` or `cuda` */
  readonly device: string;
  readonly batch: number;
  readonly images: number;
  readonly partitions: number;
  /** Partitions that ran at the same time. */
  readonly atOnce: number;
  /** Milliseconds of an image in its partition. */
  readonly imageMs: number;
  /** Seconds of a wave of partitions beside its images. */
  readonly startSeconds: number;
  /** Bytes of the largest worker; null: not known. */
  readonly peakMemory: number | null;
}

/** A measured training of an estimator, or search. */
export interface TrainingRun {
  readonly isSearch: boolean;
  readonly seconds: number;
  /** Of these, before the first epoch, round or unit; null: not known. */
  readonly startSeconds: number | null;
  readonly rows: number;
  /** Passes over the rows; of a search, of each worker. */
  readonly passes: number;
  /** `2026-11-27T10:00:00.000000Z` */
  readonly at: string;
}

/** What the planner knows about the cost of a program's steps. */
export interface CatalogCosts {
  /** Measured runs of the models that the program names, by the path of their file. */
  readonly runs: Readonly<Record<string, readonly ModelRun[]>>;
  /** Measured trainings by the estimator that the statement named; absent: there are none. */
  readonly trainings?: Readonly<Record<string, readonly TrainingRun[]>>;
  /** Rows of the queries that were counted, by their text. */
  readonly rows: Readonly<Record<string, number>>;
  /** Bytes that the workers of this machine have together; null: it is not known. */
  readonly memory: number | null;
}
