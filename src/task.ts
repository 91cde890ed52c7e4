import type { ModelAction, ModelActor, ModelReference } from './model-task.ts';
import type { ProgramCall } from './programs/programs.ts';
import type { Training } from './train-task.ts';

/**
 * The contract between a step and the worker. Both sides import nothing else of each other.
 *
 * The worker is one program. Its commands are `prepare`, `partitions` and `finish` for a step over rows, `statement` for a standard
 * statement, `model` for a statement about models, and `train` for TO TRAIN, whose searches have `prepare`, `search` and `finish` in pods
 * of their own. Its environment:
 *
 *   MILLRACE_TASK         JSON of a Task. A text that is too long is null; it is in the plan in the system schema
 *   MILLRACE_WORKER       number of the worker, from 0, among those that share the step's partitions or trials (for `partitions` and `search` only): a process takes
 *                         over what an earlier one with the same number has left open
 *   MILLRACE_RETRIES      number of processes of the worker, besides the first, that may end without doing any work; absent: any number, as the
 *                         one who starts them counts them (for `partitions` and `search` only)
 *   MILLRACE_START        present: the worker does nothing before its parent sends it a message (for `partitions` only)
 *   UV_THREADPOOL_SIZE    threads in which images are decoded (for `partitions` only)
 *   MILLRACE_DATASOURCE   the DSN of the users' account (a secret: never in the Task)
 *   MILLRACE_SYSTEM_DATASOURCE  the DSN for the system schema; default: MILLRACE_DATASOURCE
 *   MILLRACE_SCHEMA       the name of the system schema; default: `millrace`
 *   MILLRACE_IMAGE_URLS   servers that images may be downloaded from: `public` (default), `none`, or networks besides
 *   MILLRACE_BUCKETS      buckets, or folders of buckets, that steps may read, as far as their tasks name them; default: none
 *   MILLRACE_S3_…, AWS_…  the store of the buckets and its credentials (a secret): src/worker/buckets/store-settings.ts
 *   MILLRACE_MODEL_CACHE  folder for models from the system schema and from buckets, and for digests of files; default: a folder of its own in the
 *                         system's folder for temporary files
 *   MILLRACE_MODEL_CACHE_BYTES  how much space models may take there; default: 2 GiB
 *   MILLRACE_TRAINER_PYTHON  Python's program of an environment with the trainer's packages (for `train`, and TO EXPLAIN); default: one that is made in
 *   MILLRACE_TRAINER_FOLDER  a folder that keeps such environments
 *   MILLRACE_TRAINING_FOLDER  a folder for the rows and the model of a step (the same); default: the system's for temporary files
 *   MILLRACE_VOLUMES      JSON {"/mount/path": "/folder/here"}: the local engine's folders for mounts, with buckets as {"s3://bucket": ""}.
 *                         Absent in a pod, which has the mounts themselves
 *
 * It writes JSON lines to standard output. After a failure, the last one contains `error: {code, message, hint}`; that of `prepare`
 * contains `workers`, the numbers of the workers to start, or around a foreign image `missing`, those of the partitions that have rows left.
 * The exit code is one of `workerExit`.
 */
export type Task = RowsTask | SharesTask | StatementTask | ModelTask | TrainTask;

export type TaskKind = Task['kind'];

/**
 * Incremented with every change of the contract, of which the programs with their options and defaults are a part. A worker accepts only
 * tasks of its own version.
 */
export const taskVersion = 6;

interface TaskBase {
  readonly version: typeof taskVersion;
  readonly statement: string;
  readonly step: string;
}

/** The rows of a step, and how they are partitioned. */
export interface SelectionTask extends TaskBase {
  readonly select: string;
  readonly partitions: number;
  /** A selected column whose equal values stay in one partition; null: partitions are ranges of rows. */
  readonly partitionBy: string | null;
}

/** A program over rows: `prepare`, `partitions` and `finish`. */
export interface RowsTask extends SelectionTask {
  readonly kind: 'rows';
  /** Maximum number of workers that share the partitions. Each draws one after the other. */
  readonly workers: number;
  /** null: its outputs are summed up, and not kept. */
  readonly into: TableTarget | null;
  readonly writeMode: WriteMode;
  /** Rows per transaction; null: as many as are processed in about a second. */
  readonly commitRows: number | null;
  readonly maxFailedRows: number;
  /** Threads of inference. */
  readonly threads: number;
  /** Mount paths of the step's volumes, and URLs of buckets (`s3://bucket`): nothing outside them is read. */
  readonly mounts: readonly string[];
  readonly program: ProgramCall;
  /** The registered model that the program runs; absent: the file is not registered. */
  readonly model?: ModelReference | undefined;
  /** Options of the command that have no effect. The log names them. */
  readonly ignored?: readonly string[] | undefined;
}

/** `prepare` and `finish` around a foreign image. */
export interface SharesTask extends SelectionTask {
  readonly kind: 'shares';
}

/** A standard statement, which is sent to the database unchanged. */
export interface StatementTask extends TaskBase {
  readonly kind: 'statement';
  readonly sql: string;
  /** Whether it can be stopped once it has returned as many rows as are stored. */
  readonly onlyReads: boolean;
}

/** A statement about models. */
export interface ModelTask extends TaskBase {
  readonly kind: 'model';
  readonly action: ModelAction;
  readonly actor: ModelActor;
  /** Mount paths of the step's volumes, and URLs of buckets. */
  readonly mounts: readonly string[];
}

/** TO TRAIN: selects the rows, runs the trainer over them, and registers the model. */
export interface TrainTask extends TaskBase {
  readonly kind: 'train';
  readonly select: string;
  readonly training: Training;
  readonly actor: ModelActor;
  /** Threads of the trainer, as far as it uses several. */
  readonly threads: number;
}

/** A task as it is in MILLRACE_TASK. */
export type Written<T> = {
  readonly [Key in keyof T]: Key extends 'select' | 'sql' | 'training' ? T[Key] | null : T[Key];
};

export type WriteMode = 'fail' | 'append' | 'overwrite';

/** Maximum number of rows per transaction. */
export const mostCommitRows = 10_000;

/** Commands for a step over rows. A statement about models has the command `model`. */
export type WorkerCommand = 'prepare' | 'partitions' | 'finish';

export interface TableTarget {
  readonly database: string | null;
  readonly table: string;
}

/** Exit codes of the worker, after sysexits(3). Only `temporary` (and a death by signal) is worth a retry. */
export const workerExit = {
  done: 0,
  /** A mistake of the user: EX_DATAERR. */
  mistake: 65,
  /** A defect of Millrace: EX_SOFTWARE. */
  defect: 70,
  /** A temporary failure: EX_TEMPFAIL. */
  temporary: 75,
  /** Stopped gracefully by SIGTERM. */
  terminated: 143,
} as const;

/**
 * The schema in which the users' account creates the table of a selection, before the system account takes it over. It also contains
 * the shares of foreign images. It is not the system schema, because an account that may create tables there could also write to it.
 * @param isSeparate whether the system schema has its own account
 */
export function workSchemaOf(schema: string, isSeparate: boolean): string {
  return isSeparate ? `${schema}_work` : schema;
}

/** Columns of a result table that number its rows. They are invisible to `SELECT *`, so no other column may have these names. */
export const hiddenColumns = { selection: 'millrace_selection', row: 'millrace_row' } as const;

/** Maximum length in MySQL and MariaDB: https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html, https://mariadb.com/kb/en/identifier-names/ */
const maxColumnName = 64;

/** Limit of InnoDB: https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html */
const maxTableColumns = 1017;

/** Maximum number of columns that a query before TO RUN may select. @param added the columns that the worker adds */
export function maxSelectedColumns(added: readonly string[]): number {
  return maxTableColumns - added.length - Object.keys(hiddenColumns).length;
}

/** Why a selected expression cannot be a column of a table; null: it can. The name of an expression without a name is its text. */
export function columnNameProblem(name: string): string | null {
  const { length } = [...name];
  if (length > maxColumnName)
    return `an expression of ${length} characters without a name; a column name has at most ${maxColumnName}`;
  if (name === '') return 'an empty string without a name';
  return name.endsWith(' ') ? `'${name}'; a column name cannot end with a space` : null;
}
