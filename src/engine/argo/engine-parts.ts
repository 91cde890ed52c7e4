import type { Pool } from 'mysql2/promise';
import type { Attempts } from '../../ledger/attempts.ts';
import type { StatementStore } from '../../ledger/statement-store.ts';
import type { Deployment } from '../../workflow/workflow.ts';
import type { Capacity } from './kubernetes/node-capacity.ts';
import type { PodLogs } from './logs/pod-logs.ts';
import type { Workflows } from './workflows/workflows.ts';

/** Objects that all parts of the engine share. */
export interface EngineParts {
  readonly pool: Pool;
  readonly deployment: Deployment;
  readonly store: StatementStore;
  readonly attempts: Attempts;
  readonly workflows: Workflows;
  readonly pods: PodLogs;
  readonly capacity: () => Promise<Capacity | null>;
}
