import type { Pool } from 'mysql2/promise';
import { databaseError } from '../../datasource/database-error.ts';
import { MillraceError, mayPass } from '../../errors.ts';
import type { Attempts } from '../../ledger/attempts.ts';
import { readLabels, takenByServers } from '../../ledger/history.ts';
import { readStatementRules } from '../../ledger/results.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementError, StatementStatus } from '../../ledger/statement-status.ts';
import type { StatementStore, StoredStatement } from '../../ledger/statement-store.ts';
import { readSteps } from '../../ledger/step-status.ts';
import { statementError } from '../../ledger/stored-error.ts';
import { renderWorkflow } from '../../workflow/render-workflow.ts';
import type { Deployment } from '../../workflow/workflow.ts';
import { workflowName } from '../../workflow/workflow-name.ts';
import { cancelled } from '../cancelled.ts';
import { KubernetesError } from './kubernetes/kubernetes-error.ts';
import type { Capacity } from './kubernetes/node-capacity.ts';
import type { PodLogs } from './logs/pod-logs.ts';
import { withLastWords } from './status/final-error.ts';
import { withLedger } from './status/ledger-progress.ts';
import { withHeldUp } from './status/pending-error.ts';
import { statementStatus, submittedStatement } from './status/statement-status.ts';
import { loadTemplates } from './workflows/load-templates.ts';
import type { Nodes, ObservedWorkflow } from './workflows/observed-workflow.ts';
import { readNodes } from './workflows/read-nodes.ts';
import { isCompleted, type Workflows } from './workflows/workflows.ts';

export interface Surroundings {
  readonly pool: Pool;
  readonly deployment: Deployment;
  readonly store: StatementStore;
  readonly attempts: Attempts;
  readonly workflows: Workflows;
  readonly pods: PodLogs;
  readonly capacity: () => Promise<Capacity | null>;
}

/** A statement that has not ended as far as its row says, and what has to happen next. Any process may do it, and any may die. */
export interface RunningStatement {
  /** Creates the attempt's workflow. @throws what Kubernetes or the renderer refuses, after it is written down */
  handOver(statement: StoredStatement, attempt: number): Promise<void>;
  /**
   * The same for a statement that has waited for its turn: only what is wrong with the statement itself ends it. False: it does not run.
   * @throws what may be otherwise later; it waits on
   */
  beginInTurn(statement: StoredStatement, attempt: number): Promise<boolean>;
  /** The statement as its workflow tells it; null: there is none. Writes down how it ended. */
  takeOn(statement: StoredStatement, attempt: number, workflow: ObservedWorkflow | null): Promise<StatementStatus>;
  /** The statement as its rows tell it. */
  recorded(statement: StoredStatement): Promise<StatementStatus>;
}

export function openRunningStatement(around: Surroundings): RunningStatement {
  const { pool, deployment, store, attempts, workflows, pods, capacity } = around;
  const templates = loadTemplates();
  const stepsOf = (id: string) => readSteps(pool, deployment.schema, id);

  async function recorded(statement: StoredStatement): Promise<StatementStatus> {
    return { ...statement, steps: await stepsOf(statement.id) };
  }

  async function handOver(statement: StoredStatement, attempt: number): Promise<void> {
    try {
      await begin(statement, attempt);
    } catch (error) {
      await fail(statement, attempt, error);
      throw error;
    }
  }

  async function beginInTurn(statement: StoredStatement, attempt: number): Promise<boolean> {
    try {
      return await begin(statement, attempt);
    } catch (error) {
      if (!isOfStatement(error)) throw error;
      await fail(statement, attempt, error);
      return false;
    }
  }

  function fail(statement: StoredStatement, attempt: number, error: unknown): Promise<void> {
    return attempts.end({ ...statement, state: 'failed', error: statementError(error), steps: [] }, attempt);
  }

  /** False: it has ended, or was cancelled meanwhile. */
  async function begin(statement: StoredStatement, attempt: number): Promise<boolean> {
    const { id, text, submittedBy, plan } = statement;
    const steps = await stepsOf(id);
    const done = steps.filter(({ state }) => state === 'succeeded').map(({ name }) => name);
    if (done.length === plan.steps.length) {
      await attempts.end({ ...statement, state: 'succeeded', steps: [] }, attempt);
      return false;
    }
    const labels = (await readLabels(pool, deployment.schema, [id])).get(id) ?? {};
    const { readOnly } = await readStatementRules(pool, deployment.schema, id);
    const submission = { id, attempt, text, submittedBy, done, labels, readOnly, recorded: true };
    const created = await workflows.create(renderWorkflow(plan, submission, deployment, templates));
    const moved = await store.move(id, ['queued'], 'running');
    const { state } = await store.read(id);
    if (state === 'cancelling' || state === 'cancelled') await workflows.stop(workflowName(id, attempt));
    if (created || !moved) return state === 'running' || state === 'cancelling';
    // A process died before it wrote down that the statement runs: it may even have ended.
    return !hasEnded(await takeOn({ ...statement, state }, attempt, await workflows.read(workflowName(id, attempt))));
  }

  async function takeOn(
    statement: StoredStatement,
    attempt: number,
    workflow: ObservedWorkflow | null,
  ): Promise<StatementStatus> {
    if (workflow === null) return withoutWorkflow(statement, attempt);
    const nodes = readNodes(workflow);
    const told = await asTold(statement, workflow, nodes);
    if (!isCompleted(workflow)) {
      await stopAsAsked(statement, workflow);
      return withHeldUp(told, workflow, nodes, capacity);
    }
    await attempts.end(await withLastWords(told, workflow, pods), attempt);
    return recorded(await store.read(statement.id));
  }

  async function asTold(
    statement: StoredStatement,
    workflow: ObservedWorkflow,
    nodes: Nodes,
  ): Promise<StatementStatus> {
    const { id, text, plan, submittedBy, submittedAt } = statement;
    const done = submittedStatement(workflow)?.done ?? [];
    const told = statementStatus(workflow, { id, text, plan, submittedBy, done }, nodes);
    const ledger = await stepsOf(id);
    await keepSucceeded(id, told, ledger);
    return {
      ...told,
      submittedAt,
      startedAt: asStored(told.startedAt),
      finishedAt: asStored(told.finishedAt),
      steps: withLedger(told.steps, ledger),
    };
  }

  /** So that another attempt leaves them out, even where the workflow is deleted. */
  async function keepSucceeded(id: string, told: StatementStatus, ledger: StatementStatus['steps']): Promise<void> {
    const known = new Set(ledger.filter(({ state }) => state === 'succeeded').map(({ name }) => name));
    for (const { name, state } of told.steps) {
      if (state === 'succeeded' && !known.has(name)) await store.moveStep(id, name, state);
    }
  }

  /** Whoever looks next tries again where Kubernetes does not answer. */
  async function stopAsAsked({ state }: StoredStatement, workflow: ObservedWorkflow): Promise<void> {
    try {
      if (state === 'cancelling' && !workflow.spec.shutdown) await workflows.stop(workflow.metadata.name);
      else await workflows.killOverdue(workflow);
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  async function withoutWorkflow(statement: StoredStatement, attempt: number): Promise<StatementStatus> {
    if (statement.state === 'queued') {
      // Servers begin it in its turn.
      if ((await takenByServers(pool, deployment.schema, [statement.id])).size > 0) return recorded(statement);
      await handOver(statement, attempt);
      return recorded(await store.read(statement.id));
    }
    if (statement.state === 'cancelling') {
      const steps = (await stepsOf(statement.id)).map((step) =>
        step.state === 'succeeded' ? step : { ...step, state: 'cancelled' as const },
      );
      await attempts.end(
        { ...statement, state: 'cancelled', error: statementError(cancelled(statement.id)), steps },
        await attempts.skip(statement.id, attempt),
      );
      return recorded(await store.read(statement.id));
    }
    return { ...(await recorded(statement)), state: 'interrupted', error: deleted(statement.id, attempt) };
  }

  return { handOver, beginInTurn, takeOn, recorded };
}

/** Not of the cluster, the account or the database, which would fail all that wait. */
function isOfStatement(error: unknown): boolean {
  if (error instanceof KubernetesError) return error.code === 'WORKFLOW_REFUSED';
  const known = databaseError(error);
  return !(known instanceof MillraceError && known.code.startsWith('DATABASE_'));
}

/** As the database gives times: UTC, without the letters of ISO 8601. */
function asStored(time: string | null): string | null {
  return time === null ? null : time.replace('T', ' ').replace('Z', '');
}

function deleted(id: string, attempt: number): StatementError {
  return {
    code: 'WORKFLOW_DELETED',
    message: `the workflow ${workflowName(id, attempt)} is gone, and how it ended is not known`,
    hint: 'what is done is kept: retry',
  };
}
