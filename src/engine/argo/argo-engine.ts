import type { Pool } from 'mysql2/promise';
import { openAttempts } from '../../ledger/attempts.ts';
import { openPodLogStore } from '../../ledger/pod-logs.ts';
import { activeStates, hasEnded } from '../../ledger/statement-states.ts';
import { openStatementStore } from '../../ledger/statement-store.ts';
import type { Deployment } from '../../workflow/workflow.ts';
import { workflowName } from '../../workflow/workflow-name.ts';
import type { Engine } from '../engine.ts';
import { listStatements } from '../list-statements.ts';
import { openQueue } from '../statement-queue.ts';
import { statementBusy } from '../statement-state-errors.ts';
import { currentStatuses, kubernetesTrouble } from './current-statuses.ts';
import type { EngineParts } from './engine-parts.ts';
import { openStatementSearch } from './find-statement.ts';
import { followStatement } from './follow-statement.ts';
import { keepRecords } from './keep-records.ts';
import type { KubernetesApi } from './kubernetes/kubernetes-api.ts';
import { openCapacity } from './kubernetes/node-capacity.ts';
import { openPodLogs } from './logs/pod-logs.ts';
import { readPodLogs } from './logs/read-pod-logs.ts';
import { openStatementLogs } from './logs/statement-logs.ts';
import { openStatementSettlement, type StatementSettlement } from './settle-statement.ts';
import { openStatementStarts } from './start-statement.ts';
import { openWorkflows } from './workflows/workflows.ts';

export interface ArgoEngineOptions {
  readonly api: KubernetesApi;
  readonly pool: Pool;
  readonly deployment: Deployment;
  /** Maximum number of running statements per user; counts only statements submitted by servers. Others are queued. Default: no limit. */
  readonly runningPerUser?: number | undefined;
}

/**
 * Runs plans as Argo workflows. A statement is its row in the system schema: `queued` until its turn comes and its workflow exists,
 * then `running` as the workflow reports it, until how it ended is stored. Nothing else is remembered.
 */
export function openArgoEngine({ api, pool, deployment, runningPerUser }: ArgoEngineOptions): Engine {
  const { schema } = deployment;
  const store = openStatementStore(pool, schema, 'argo');
  const attempts = openAttempts(pool, schema);
  const workflows = openWorkflows(api, deployment);
  const pods = openPodLogs(api, deployment.namespace);
  const parts: EngineParts = { pool, deployment, store, attempts, workflows, pods, capacity: openCapacity(api) };
  const starts = openStatementStarts(parts, async (statement, attempt) => {
    const workflow = await workflows.read(workflowName(statement.id, attempt));
    return !hasEnded(await settlement.settle(statement, attempt, workflow));
  });
  const settlement: StatementSettlement = openStatementSettlement(parts, starts);
  const search = openStatementSearch(parts, settlement);
  const closing = new AbortController();
  const perUser = runningPerUser ?? Number.POSITIVE_INFINITY;
  const hasRoom = () => !closing.signal.aborted;
  const queue = openQueue({ pool, schema, engine: 'argo', perUser, hasRoom, begin });

  async function begin(id: string): Promise<boolean> {
    const statement = await store.read(id);
    return statement.state === 'queued' && starts.startQueued(statement, await attempts.read(id));
  }

  async function startInTurn(id: string, attempt: number): Promise<void> {
    const statement = await store.read(id);
    if (statement.state === 'queued' && (await queue.isTurnOf(statement))) await starts.start(statement, attempt);
  }

  return {
    async submit(submission) {
      const { id } = submission;
      await attempts.begin(id, 1);
      await store.insert(submission, 'queued');
      await startInTurn(id, await attempts.read(id));
    },

    status: search.status,

    events(id, signal) {
      const either = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      return followStatement(id, { parts, search, settlement, signal: either });
    },

    async *logs(id, filter = {}) {
      const { plan } = await search.find(id);
      const logs = openStatementLogs(pods, openPodLogStore(pool, schema), id, plan);
      yield* readPodLogs(logs, filter, async () => hasEnded(await search.status(id)));
    },

    async cancel(id) {
      const { state } = await search.status(id);
      if (state === 'cancelled') return;
      if (!(await store.move(id, activeStates, 'cancelling'))) throw statementBusy(id, state);
      await search.status(id);
    },

    async retry(id) {
      const { state } = await search.status(id);
      const attempt = await attempts.read(id);
      const mayRetry = ['failed', 'cancelled', 'interrupted'].includes(state);
      if (!mayRetry || !(await attempts.next(id, attempt))) throw statementBusy(id, state);
      await startInTurn(id, attempt + 1);
    },

    async list(filter = {}) {
      const trouble = await search.adoptOpen().then(() => null, kubernetesTrouble);
      return listStatements(store, filter, (page) => currentStatuses(page, { trouble, starts }, parts, search));
    },

    keepRecords: (signal, onError) => keepRecords({ parts, search, queue }, signal, onError),

    async close() {
      closing.abort();
    },
  };
}
