import type { ErrorRecord } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ModelCounts } from './model-counts.ts';
import type { RunTimings } from './run-timings.ts';
import type { StatementState } from './statement-states.ts';
import type { StepProgress } from './step-progress.ts';

export interface Submission {
  readonly id: string;
  readonly text: string;
  readonly plan: Plan;
  readonly submittedBy: string;
  /** null: not submitted through a server, so no server takes it over. */
  readonly server: ServerSubmission | null;
}

/** How standard statements run, and how many of their rows are stored. */
export interface StatementRules {
  /** Whether they run in READ ONLY transactions. */
  readonly readOnly: boolean;
  /** Maximum size of the stored rows, in bytes of JSON. */
  readonly resultBytes: number;
  /** Time after which a statement is stopped; null: no limit. */
  readonly statementSeconds: number | null;
}

export interface ServerSubmission extends StatementRules {
  readonly labels: Readonly<Record<string, string>>;
}

export interface StatementFilter {
  readonly states?: readonly StatementState[];
  /** Only statements that have all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly submittedBy?: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC; `from` is inclusive, `to` exclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Only statements after this one in the order of the list. */
  readonly after?: { readonly submittedAt: string; readonly id: string };
  /** Default: 100. */
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
  /** Rows that a standard statement inserted, changed or deleted; null: none, or the step is of another kind. */
  readonly affectedRows: number | null;
  /** Time at which the first worker started to process its rows; null: none has. */
  readonly startedAt: string | null;
  readonly partitions: readonly PartitionStatus[];
  /** What its models were asked, for a step that asks several; absent if none was asked yet. */
  readonly models?: readonly ModelCounts[];
  /** For how many labelled rows the outputs are right; absent: they were not compared. */
  readonly compared?: { readonly right: number; readonly labelled: number };
  /** How far it is, for a step without partitions; absent: it has not begun, or tells nothing. */
  readonly progress?: StepProgress;
  /** What it took, once all partitions are done; null: it is not known. */
  readonly timings?: RunTimings | null;
}

export interface PartitionStatus {
  readonly number: number;
  readonly state: 'pending' | 'running' | 'done';
  readonly rows: number;
  readonly done: number;
  readonly failed: number;
  /** Number of result rows. */
  readonly outputs: number;
  /** Number of times that a worker started it. */
  readonly attempts: number;
}
