import type { KeptSession } from '../datasource/kept-session.ts';
import type { StatementFilter, StatementStatus, Submission } from '../ledger/statement-status.ts';
import type { RowTap } from '../ledger/store-result.ts';

/** Runs plans. Two implementations: local processes, and Argo Workflows on Kubernetes. */
export interface Engine {
  /** Starts a statement. Submitting the same id again has no effect. Returns once the statement is stored. */
  submit(submission: Submission, here?: StandardRun): Promise<void>;
  status(id: string): Promise<StatementStatus>;
  /** The current status, then the status after each change, until the statement has ended. */
  events(id: string, signal?: AbortSignal): AsyncIterable<StatementStatus>;
  /** The workers' logs, as they were written. */
  logs(id: string, filter?: LogFilter): AsyncIterable<LogLine>;
  /** Asks the workers to stop gracefully; completed work is kept. */
  cancel(id: string): Promise<void>;
  /** Runs a statement that failed, was cancelled or interrupted again: only what is missing is done. */
  retry(id: string): Promise<void>;
  /** Statements, newest first: by time of submission, then by id, descending. */
  list(filter?: StatementFilter): Promise<readonly StatementStatus[]>;
  /**
   * Background work of a server, until the signal is aborted: takes over statements of servers that no process runs any more, and
   * stores how statements ended that nobody follows.
   */
  keepRecords(signal: AbortSignal, onError: (error: unknown) => void): Promise<void>;
  /**
   * Closes connections. The local engine also cancels its running statements, or with `handOver` stops their workers gracefully and
   * leaves the statements to the next server that keeps records.
   */
  close(options?: { readonly handOver?: boolean }): Promise<void>;
}

/** Options for standard statements that run in this process. */
export interface StandardRun {
  /** Receives their rows. */
  readonly tap?: RowTap | undefined;
  /** Session in which they run, instead of a session of the program's own. */
  readonly kept?: KeptSession | undefined;
}

export interface LogFilter {
  readonly step?: string;
  /** Only lines about this partition. */
  readonly partition?: number;
  /** Continues with lines that are written later, until the statement has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly step: string;
  /** `prepare`, `worker-3`, `finish`; `partition-3` of a foreign image */
  readonly source: string;
  readonly text: string;
}
