import type { Plan } from '../plan/plan.ts';

/** Runs plans. Two implementations: local processes, and Argo Workflows on Kubernetes. */
export interface Engine {
  /** Starts a statement; submitting the same id again is the same statement. Returns once it is written down. */
  submit(submission: Submission): Promise<void>;
  status(id: string): Promise<StatementStatus>;
  /** The status now and after each change, until the statement has ended. */
  events(id: string, signal?: AbortSignal): AsyncIterable<StatementStatus>;
  /** The workers' logs as they were written, oldest first. */
  logs(id: string, filter?: LogFilter): AsyncIterable<LogLine>;
  /** Asks the workers to end in good order; what is done is kept. */
  cancel(id: string): Promise<void>;
  /** Runs a statement that failed, was cancelled or interrupted again: only what is missing is done. */
  retry(id: string): Promise<void>;
  list(): Promise<readonly StatementStatus[]>;
  /** Waits for nothing: lets go of connections. Statements still running go on only where others run them. */
  close(): Promise<void>;
}

export interface Submission {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly submittedBy: string;
  /** Called with the rows of each standard statement that returns some. */
  readonly onRows?: (rows: QueryRows) => void;
}

export interface QueryRows {
  readonly step: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Whether the statement returned more rows than these. */
  readonly truncated: boolean;
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
