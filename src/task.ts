/**
 * The contract between a step and the worker: the only thing that both sides import.
 *
 * The worker is one program with the commands `prepare`, `partition` and `finish` of a step over rows, and `statement` for a
 * standard statement. It reads from its environment
 *
 *   MILLRACE_TASK         a Task, SelectionTask (`prepare` and `finish` around an image of another) or StatementTask as JSON;
 *                         null instead of a text that is too long: the step has it in the plan that the system schema holds
 *   MILLRACE_PARTITION    the partition's number, from 0 (for `partition` only)
 *   MILLRACE_DATASOURCE   the DSN of the users' account (a secret: never in the Task)
 *   MILLRACE_SYSTEM_DATASOURCE  the DSN of the account behind the system schema, if it is another
 *   MILLRACE_SCHEMA       the system schema's name, if it is not `millrace`
 *   MILLRACE_VOLUMES      JSON {"/mount/path": "/folder/here"}; the local engine's stand-in for mounts, absent in a pod, which
 *                         has the task's mounts at their paths
 *
 * writes JSON lines to standard output, the last of them with `error: {code, message, hint}` after a failure and of `prepare` with
 * `missing`, the numbers of the partitions that have rows left, and ends with one of `workerExit`.
 */
export interface Task extends SelectionTask {
  readonly into: TableTarget;
  readonly writeMode: WriteMode;
  /** Rows per transaction. */
  readonly batchSize: number;
  readonly maxFailedRows: number;
  /** Threads of inference. */
  readonly threads: number;
  /** Mount paths of the step's volumes: no file outside them is read. */
  readonly mounts: readonly string[];
  readonly detect: DetectSettings;
  /** Options of the command that change nothing: the log says so. */
  readonly ignored?: readonly string[];
}

/** The rows of a step, and how they are shared out. */
export interface SelectionTask {
  readonly statement: string;
  readonly step: string;
  readonly select: string;
  readonly partitions: number;
  /** A selected column whose equal values stay in one partition; null: partitions are ranges of rows. */
  readonly partitionBy: string | null;
}

/** A standard statement, given to the database as it stands. */
export interface StatementTask {
  readonly statement: string;
  readonly step: string;
  readonly sql: string;
  /** Whether it may be ended once its rows are more than are kept. */
  readonly onlyReads: boolean;
}

/** As MILLRACE_TASK has it. */
export type Written<T> = { readonly [Key in keyof T]: Key extends 'select' | 'sql' ? T[Key] | null : T[Key] };

export type WriteMode = 'fail' | 'append' | 'overwrite';

/** Of a step over rows. */
export type WorkerCommand = 'prepare' | 'partition' | 'finish';

export interface TableTarget {
  readonly database: string | null;
  readonly table: string;
}

/** What the program `yolo` is asked to do. Paths are those inside the volumes. */
export interface DetectSettings {
  readonly modelFile: string;
  readonly imageDir: string;
  /** The selected column with each image's path below `imageDir`; null: chosen by `imageColumnOf` once the columns are known. */
  readonly imageColumn: string | null;
  readonly confidence: number;
  readonly iou: number;
  readonly maxDetections: number;
  /** Side of the model's square input in px; null: what the model's metadata say. */
  readonly imageSize: number | null;
  readonly device: Device;
}

export type Device = 'cpu' | 'cuda' | 'auto';

/** Exit codes of the worker, after sysexits(3). Only `temporary` (and a death by signal) is worth another try. */
export const workerExit = {
  done: 0,
  /** The user's mistake: EX_DATAERR. */
  mistake: 65,
  /** A defect of ours: EX_SOFTWARE. */
  defect: 70,
  /** May pass: EX_TEMPFAIL. */
  temporary: 75,
  /** Ended by SIGTERM, in good order. */
  terminated: 143,
} as const;

/**
 * Where the users' account makes the table of a selection, which the system account then takes as its own, and where the shares of
 * foreign images are: an account that may create tables in the system schema could write there, too.
 * @param isSeparate whether the system schema has an account of its own
 */
export function workSchemaOf(schema: string, isSeparate: boolean): string {
  return isSeparate ? `${schema}_work` : schema;
}

/** The columns that the worker adds after the selected ones. */
export const detectionColumns = ['detection_no', 'class_id', 'class_name', 'score', 'x1', 'y1', 'x2', 'y2'] as const;

/** Columns of a result table that number its rows; invisible to `SELECT *`, so nothing else may bear these names. */
export const hiddenColumns = { selection: 'millrace_selection', row: 'millrace_row' } as const;

/** MySQL and MariaDB: https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html, https://mariadb.com/kb/en/identifier-names/ */
const maxColumnName = 64;

/** Of InnoDB: https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html */
const maxTableColumns = 1017;

/** How many columns a query before TO RUN may select. */
export const maxSelectedColumns = maxTableColumns - detectionColumns.length - Object.keys(hiddenColumns).length;

/** Why what a query selects cannot be a column of a table; null: it can. An expression without a name has its text for one. */
export function columnNameProblem(name: string): string | null {
  const { length } = [...name];
  if (length > maxColumnName)
    return `an expression of ${length} characters without a name, and a column's name has at most ${maxColumnName}`;
  if (name === '') return 'an empty text without a name';
  return name.endsWith(' ') ? `'${name}', and a column's name cannot end with a blank` : null;
}

const imageColumnNames = ['file_name', 'filename', 'image_path', 'file_path', 'image_file', 'path', 'file', 'image'];

/** The selected column that holds the images' paths, by its usual names; null: none of them is there. */
export function imageColumnOf(columns: readonly string[]): string | null {
  const byName = imageColumnNames.map((name) => columns.find((column) => column.toLowerCase() === name));
  return byName.find((column) => column !== undefined) ?? null;
}
