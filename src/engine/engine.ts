import type { KeptSession } from '../datasource/kept-session.ts';
import type { RowTap } from '../ledger/store-result.ts';
import type { Plan } from '../plan/plan.ts';

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

export interface Submission {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly submittedBy: string;
  /** null: not by a server, and so not taken on by one. */
  readonly server: ServerSubmission | null;
}

export interface ServerSubmission {
  /** Standard statements run in transactions that are READ ONLY. */
  readonly readOnly: boolean;
  /** Of the rows that standard statements return, this much is kept (bytes of JSON). */
  readonly resultBytes: number;
  /** A standard statement that runs longer is ended; null: none is. */
  readonly statementSeconds: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface StatementFilter {
  readonly states?: readonly StatementState[];
  /** All of them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly submittedBy?: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC; from inclusive, to exclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Only statements after this one in the order of the list. */
  readonly after?: { readonly submittedAt: string; readonly id: string };
  /** 100 if not given. */
  readonly limit?: number;
}

export type StatementState =
  | 'queued'
  | 'running'
  | 'cancelling'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  /** Its engine died; `retry` goes on with it. */
  | 'interrupted';

export interface StatementStatus {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly state: StatementState;
  readonly submittedBy: string;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: StatementError | null;
  /** Whether Argo runs it. */
  readonly hasWorkflow: boolean;
  readonly steps: readonly StepStatus[];
}

export interface StatementError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface StepStatus {
  readonly name: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly error: StatementError | null;
  /** Selected rows; null: not selected yet, or a standard statement. */
  readonly rows: number | null;
  /** Rows that a standard statement inserted, changed or deleted; null: it has not, or is of another kind. */
  readonly affectedRows: number | null;
  /** When the first worker began with its rows; null: none has. */
  readonly startedAt: string | null;
  readonly partitions: readonly PartitionStatus[];
}

export interface PartitionStatus {
  readonly number: number;
  readonly state: 'pending' | 'running' | 'done';
  readonly rows: number;
  readonly done: number;
  readonly failed: number;
  readonly detections: number;
  /** How often a worker has begun it. */
  readonly attempts: number;
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

const finalStates: readonly StatementState[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export function hasEnded({ state }: Pick<StatementStatus, 'state'>): boolean {
  return finalStates.includes(state);
}
