import type { ErrorRecord } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { StatementState } from './statement-states.ts';

export interface Submission {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly submittedBy: string;
  /** null: not by a server, and so not taken on by one. */
  readonly server: ServerSubmission | null;
}

/** How standard statements run, and how much of what they return is kept. */
export interface StatementRules {
  /** They run in transactions that are READ ONLY. */
  readonly readOnly: boolean;
  /** This much is kept of the rows that they return, in bytes of JSON. */
  readonly resultBytes: number;
  /** One that runs longer is ended; null: none is. */
  readonly statementSeconds: number | null;
}

export interface ServerSubmission extends StatementRules {
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

export interface StatementStatus {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly state: StatementState;
  readonly submittedBy: string;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: ErrorRecord | null;
  /** Whether Argo runs it. */
  readonly hasWorkflow: boolean;
  readonly steps: readonly StepStatus[];
}

export interface StepStatus {
  readonly name: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly error: ErrorRecord | null;
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
