/**
 * The contract between a step and the worker: the only thing that both sides import.
 *
 * The worker is one program with three commands, `prepare`, `partition` and `finish`. It reads from its environment
 *
 *   MILLRACE_TASK         this Task as JSON
 *   MILLRACE_PARTITION    the partition's number, from 0 (for `partition` only)
 *   MILLRACE_DATASOURCE   the database's DSN (a secret: never in the Task)
 *   MILLRACE_VOLUMES      JSON {"/mount/path": "/folder/here"}; the local engine's stand-in for mounts, absent in a pod
 *
 * writes JSON lines to standard output, the last of them `{"error": {code, message, hint}}` after a failure, and ends with
 * one of `workerExit`.
 */
export type WriteMode = 'fail' | 'append' | 'overwrite';

export type WorkerCommand = 'prepare' | 'partition' | 'finish';

export interface Task {
  readonly statement: string;
  readonly step: string;
  readonly select: string;
  readonly into: { readonly database: string | null; readonly table: string };
  readonly writeMode: WriteMode;
  readonly partitions: number;
  readonly partitionBy: string | null;
  readonly batchSize: number;
  readonly maxFailedRows: number;
  readonly gpu: number;
  /** Threads of inference; null: one. */
  readonly cpu: number | null;
  readonly command: readonly string[];
  readonly modelFile: string;
  /** The selected column that holds each image's path, relative to `--image_dir`. */
  readonly imageColumn: string;
}

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
