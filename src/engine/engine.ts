import type { KeptSession } from '../datasource/kept-session.ts';
import type { StatementFilter, StatementStatus, Submission } from '../ledger/statement-status.ts';
import type { RowTap } from '../ledger/store-result.ts';

/** Runs plans. Two implementations: local processes, and Argo Workflows on Kubernetes. */
export interface Engine {
  /** Starts a statement; submitting the same id again is the same statement. Returns once it is written down. */
  submit(submission: Submission, here?: StandardRun): Promise<void>;
  status(id: string): Promise<StatementStatus>;
  /** The status now and after each change, until the statement has ended. */
  events(id: string, signal?: AbortSignal): AsyncIterable<StatementStatus>;
  /** The workers' logs as they were written, oldest first. */
  logs(id: string, filter?: LogFilter): AsyncIterable<LogLine>;
  /** Asks the workers to end in good order; what is done is kept. */
  cancel(id: string): Promise<void>;
  /** Runs a statement that failed, was cancelled or interrupted again: only what is missing is done. */
  retry(id: string): Promise<void>;
  /** Newest first: by time of submission, then id, descending. */
  list(filter?: StatementFilter): Promise<readonly StatementStatus[]>;
  /**
   * What a server does beside answering, until the signal is aborted: takes on statements that servers have submitted and nobody
   * runs any more, and writes down how statements ended that nobody follows.
   */
  keepRecords(signal: AbortSignal, onError: (error: unknown) => void): Promise<void>;
  /**
   * Lets go of connections. Of the local engine's running statements: cancels them, or with `handOver` ends their workers in good
   * order and leaves them to the next server that keeps records.
   */
  close(options?: { readonly handOver?: boolean }): Promise<void>;
}

/** How standard statements run that run in this process. */
export interface StandardRun {
  /** Is given their rows. */
  readonly tap?: RowTap | undefined;
  /** Has them instead of a session of the program's own. */
  readonly kept?: KeptSession | undefined;
}

export interface LogFilter {
  readonly step?: string;
  readonly partition?: number;
  /** Goes on with what is written later, until the statement has ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly step: string;
  /** `prepare`, `partition-3`, `finish` */
  readonly source: string;
  readonly text: string;
}
