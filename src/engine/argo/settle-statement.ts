import { type ErrorRecord, errorRecord, MillraceError, mayPass } from '../../errors.ts';
import { takenByServers } from '../../ledger/history.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import type { StoredStatement } from '../../ledger/statement-store.ts';
import { readSteps } from '../../ledger/step-status.ts';
import { workflowName } from '../../workflow/workflow-name.ts';
import { statementCancelled } from '../statement-state-errors.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StatementStarts } from './start-statement.ts';
import { withFinalError } from './status/final-error.ts';
import { withLedger } from './status/ledger-progress.ts';
import { withPendingError } from './status/pending-error.ts';
import { pendingTimeout } from './status/pending-timeout.ts';
import { failedByRemovals } from './status/removals.ts';
import { statementStatus, submittedStatement } from './status/statement-status.ts';
import { withTrouble } from './status/trouble.ts';
import type { Nodes, ObservedWorkflow } from './workflows/observed-workflow.ts';
import { readNodes } from './workflows/read-nodes.ts';
import { isCompleted } from './workflows/workflows.ts';

/** Number of attempts up to which a statement goes on by itself after nodes have taken its pods away. */
const mostAttempts = 100;

/** The status of statements, from their workflow and their rows in the system schema. */
export interface StatementSettlement {
  /**
   * The statement as its workflow reports it. Stores how it ended, and stops a workflow that is to be cancelled.
   * @param workflow null: it does not exist
   */
  settle(statement: StoredStatement, attempt: number, workflow: ObservedWorkflow | null): Promise<StatementStatus>;
  /** The statement as it is stored. */
  stored(statement: StoredStatement): Promise<StatementStatus>;
}

export function openStatementSettlement(
  { pool, deployment, store, attempts, workflows, pods, capacity }: EngineParts,
  starts: StatementStarts,
): StatementSettlement {
  const stepsOf = (id: string) => readSteps(pool, deployment.schema, id);

  async function stored(statement: StoredStatement): Promise<StatementStatus> {
    return { ...statement, steps: await stepsOf(statement.id) };
  }

  async function settle(
    statement: StoredStatement,
    attempt: number,
    workflow: ObservedWorkflow | null,
  ): Promise<StatementStatus> {
    if (workflow === null) return withoutWorkflow(statement, attempt);
    const nodes = readNodes(workflow);
    const reported = await fromWorkflow(statement, workflow, nodes);
    if (!isCompleted(workflow)) {
      await stopWhereDue(statement, workflow, nodes);
      return withPendingError(reported, workflow, nodes, { capacity, deployment });
    }
    const { id, state, plan } = statement;
    const goesOn = reported.state === 'failed' && state === 'running' && attempt < mostAttempts;
    if (goesOn && failedByRemovals(workflow, nodes, plan) && (await attempts.next(id, attempt))) {
      return withoutWorkflow(await store.read(id), attempt + 1);
    }
    await attempts.end(await withFinalError(reported, workflow, pods), attempt);
    return stored(await store.read(statement.id));
  }

  async function fromWorkflow(
    statement: StoredStatement,
    workflow: ObservedWorkflow,
    nodes: Nodes,
  ): Promise<StatementStatus> {
    const { id, text, plan, submittedBy, submittedAt } = statement;
    const done = submittedStatement(workflow)?.done ?? [];
    const reported = statementStatus(workflow, { id, text, plan, submittedBy, done }, nodes);
    const ledger = await stepsOf(id);
    await keepSucceeded(id, reported, ledger);
    return {
      ...reported,
      submittedAt,
      startedAt: databaseTime(reported.startedAt),
      finishedAt: databaseTime(reported.finishedAt),
      steps: withLedger(reported.steps, ledger),
    };
  }

  /** Stores which steps have succeeded, so that another attempt skips them even if the workflow is deleted. */
  async function keepSucceeded(id: string, reported: StatementStatus, ledger: StatementStatus['steps']): Promise<void> {
    const known = new Set(ledger.filter(({ state }) => state === 'succeeded').map(({ name }) => name));
    for (const { name, state } of reported.steps) {
      if (state === 'succeeded' && !known.has(name)) await store.moveStep(id, name, state);
    }
  }

  /** Whoever looks next tries again if Kubernetes does not answer. */
  async function stopWhereDue(
    { state, plan }: StoredStatement,
    workflow: ObservedWorkflow,
    nodes: Nodes,
  ): Promise<void> {
    const overdue = workflow.spec.shutdown ? null : pendingTimeout(workflow, nodes, plan, Date.now());
    try {
      if (state === 'cancelling' && !workflow.spec.shutdown) await workflows.stop(workflow);
      else if (overdue !== null) await workflows.stopWithError(workflow.metadata.name, overdue);
      else await workflows.killOverdue(workflow);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  async function withoutWorkflow(statement: StoredStatement, attempt: number): Promise<StatementStatus> {
    if (statement.state === 'cancelling') return endCancelled(statement, attempt);
    if (statement.state !== 'queued') {
      return { ...(await stored(statement)), state: 'interrupted', error: deleted(statement.id, attempt) };
    }
    // A server starts it in its turn.
    if ((await takenByServers(pool, deployment.schema, [statement.id])).size > 0)
      return withTrouble(await stored(statement), starts.trouble());
    await starts.start(statement, attempt);
    return stored(await store.read(statement.id));
  }

  async function endCancelled(statement: StoredStatement, attempt: number): Promise<StatementStatus> {
    const { id } = statement;
    const steps = (await stepsOf(id)).map((step) =>
      step.state === 'succeeded' ? step : { ...step, state: 'cancelled' as const },
    );
    const error = errorRecord(statementCancelled(id));
    await attempts.end({ ...statement, state: 'cancelled', error, steps }, await attempts.skip(id, attempt));
    return stored(await store.read(id));
  }

  return { settle, stored };
}

/** As the database gives times: UTC, without the letters of ISO 8601. */
function databaseTime(time: string | null): string | null {
  return time === null ? null : time.replace('T', ' ').replace('Z', '');
}

function deleted(id: string, attempt: number): ErrorRecord {
  const message = `the workflow ${workflowName(id, attempt)} was deleted, so how it ended is unknown`;
  return errorRecord(new MillraceError('WORKFLOW_DELETED', message));
}
