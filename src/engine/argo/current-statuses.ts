import pLimit from 'p-limit';
import { takenByServers } from '../../ledger/history.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import { hasUnreadablePlan, type StoredStatement } from '../../ledger/statement-store.ts';
import { readStepsOf } from '../../ledger/step-status.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StatementSearch } from './find-statement.ts';
import { KubernetesError } from './kubernetes/kubernetes-error.ts';
import type { StatementStarts } from './start-statement.ts';
import { withTrouble } from './status/trouble.ts';

export interface ClusterState {
  /** The error of an earlier request, so that Kubernetes is not asked again; null: Kubernetes answers. */
  readonly trouble: KubernetesError | null;
  readonly starts: Pick<StatementStarts, 'trouble'>;
}

/** The current status of a page of statements. If Kubernetes does not answer for a statement, its stored status is shown instead. */
export async function currentStatuses(
  page: readonly StoredStatement[],
  { trouble, starts }: ClusterState,
  { pool, deployment }: EngineParts,
  { statusOf }: StatementSearch,
): Promise<readonly StatementStatus[]> {
  const ids = page.map(({ id }) => id);
  const steps = await readStepsOf(pool, deployment.schema, ids);
  const taken = await takenByServers(pool, deployment.schema, ids);
  const asStored = (statement: StoredStatement, error: unknown) =>
    withTrouble({ ...statement, steps: steps.get(statement.id) ?? [] }, error);
  const isQueued = ({ id, state }: StoredStatement) => state === 'queued' && taken.has(id);
  const few = pLimit(8);
  return Promise.all(
    page.map((statement) => {
      if (isQueued(statement)) return asStored(statement, trouble ?? starts.trouble());
      return hasEnded(statement) || hasUnreadablePlan(statement) || trouble !== null
        ? asStored(statement, trouble)
        : few(() => statusOf(statement).catch((error) => asStored(statement, kubernetesTrouble(error))));
    }),
  );
}

/** @throws any other error */
export function kubernetesTrouble(error: unknown): KubernetesError {
  if (error instanceof KubernetesError) return error;
  throw error;
}
