import { databaseError } from '../../datasource/database-error.ts';
import { errorRecord, MillraceError } from '../../errors.ts';
import { readLabels } from '../../ledger/history.ts';
import { readStatementRules } from '../../ledger/results.ts';
import type { StoredStatement } from '../../ledger/statement-store.ts';
import { readSteps } from '../../ledger/step-status.ts';
import { renderWorkflow } from '../../workflow/render-workflow.ts';
import { workflowName } from '../../workflow/workflow-name.ts';
import type { EngineParts } from './engine-parts.ts';
import { KubernetesError } from './kubernetes/kubernetes-error.ts';
import { loadTemplates } from './workflows/load-templates.ts';

/** Creates the workflows of statements. Any process may do it, any number of times, and may die at any point. */
export interface StatementStarts {
  /** Creates the attempt's workflow. @throws the error of Kubernetes or the renderer, after the statement was stored as failed */
  start(statement: StoredStatement, attempt: number): Promise<void>;
  /**
   * Does the same for a statement that has waited for its turn. Only an error of the statement itself ends it.
   * @returns false: it does not run
   * @throws errors that may be temporary; the statement stays queued
   */
  startQueued(statement: StoredStatement, attempt: number): Promise<boolean>;
  /** Why the last start failed, if the cause was not the statement: queued statements wait for the same reason. Otherwise null. */
  trouble(): MillraceError | null;
}

/** @param settle stores how a statement ended whose workflow already exists; false: it has ended */
export function openStatementStarts(
  { pool, deployment, store, attempts, workflows }: EngineParts,
  settle: (statement: StoredStatement, attempt: number) => Promise<boolean>,
): StatementStarts {
  const templates = loadTemplates();
  let trouble: MillraceError | null = null;

  function fail(statement: StoredStatement, attempt: number, error: unknown): Promise<void> {
    return attempts.end({ ...statement, state: 'failed', error: errorRecord(error), steps: [] }, attempt);
  }

  async function render({ id, text, submittedBy, plan }: StoredStatement, attempt: number, done: readonly string[]) {
    const labels = (await readLabels(pool, deployment.schema, [id])).get(id) ?? {};
    const { readOnly } = await readStatementRules(pool, deployment.schema, id);
    const submission = { id, attempt, text, submittedBy, done, labels, readOnly, recorded: true };
    return renderWorkflow(plan, submission, deployment, templates);
  }

  /** @returns false if it has ended or was cancelled meanwhile */
  async function create(statement: StoredStatement, attempt: number): Promise<boolean> {
    const { id, plan } = statement;
    const steps = await readSteps(pool, deployment.schema, id);
    const done = steps.filter(({ state }) => state === 'succeeded').map(({ name }) => name);
    if (done.length === plan.steps.length) {
      await attempts.end({ ...statement, state: 'succeeded', steps: [] }, attempt);
      return false;
    }
    const workflow = await render(statement, attempt, done);
    const created = await workflows.create(workflow);
    const moved = await store.move(id, ['queued'], 'running');
    const { state } = await store.read(id);
    if (state === 'cancelling' || state === 'cancelled') {
      const { annotations } = workflow.metadata;
      await workflows.stop({ metadata: { name: workflowName(id, attempt), annotations } });
    }
    if (created || !moved) return state === 'running' || state === 'cancelling';
    // A process died before it stored that the statement runs: the workflow may even have ended.
    return settle({ ...statement, state }, attempt);
  }

  async function createNoting(statement: StoredStatement, attempt: number): Promise<boolean> {
    try {
      const runs = await create(statement, attempt);
      trouble = null;
      return runs;
    } catch (error) {
      const known = databaseError(error);
      trouble = known instanceof MillraceError && !isOfStatement(known) ? known : null;
      throw error;
    }
  }

  return {
    trouble: () => trouble,

    async start(statement, attempt) {
      try {
        await createNoting(statement, attempt);
      } catch (error) {
        await fail(statement, attempt, error);
        throw error;
      }
    },

    async startQueued(statement, attempt) {
      try {
        return await createNoting(statement, attempt);
      } catch (error) {
        if (!isOfStatement(error)) throw error;
        await fail(statement, attempt, error);
        return false;
      }
    },
  };
}

/** Whether the statement itself caused the error. An error of the cluster, the account or the database would fail every queued statement. */
function isOfStatement(error: unknown): boolean {
  if (error instanceof KubernetesError) return error.code === 'WORKFLOW_REFUSED';
  const known = databaseError(error);
  return !(known instanceof MillraceError && known.code.startsWith('DATABASE_'));
}
