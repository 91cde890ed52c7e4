import { hasEnded } from '../../ledger/statement-states.ts';
import type { StatementStatus } from '../../ledger/statement-status.ts';
import type { StoredStatement } from '../../ledger/statement-store.ts';
import { isUnreadablePlan, readPlan } from '../../plan/read-plan.ts';
import { labelInName, workflowName } from '../../workflow/workflow-name.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StatementSettlement } from './settle-statement.ts';
import { submittedStatement } from './status/statement-status.ts';
import { isCompleted, type WorkflowMetadata, type WorkflowName } from './workflows/workflows.ts';

/** Finds statements and their workflows, including workflows that something else created or ran again. */
export interface StatementSearch {
  /** Also finds a statement whose workflow was created by other means, from the YAML of `explain`. */
  find(id: string): Promise<StoredStatement>;
  status(id: string): Promise<StatementStatus>;
  statusOf(statement: StoredStatement): Promise<StatementStatus>;
  /** Takes over running workflows whose statement is unknown, or has ended according to its row. Asks for no others again. */
  adopt(open: readonly WorkflowName[]): Promise<void>;
  /** Does so for all workflows that have not completed. */
  adoptOpen(): Promise<void>;
}

export function openStatementSearch(
  { store, attempts, workflows }: EngineParts,
  { settle, stored }: StatementSettlement,
): StatementSearch {
  async function statusOf(statement: StoredStatement): Promise<StatementStatus> {
    if (hasEnded(statement)) return stored(statement);
    const attempt = await attempts.read(statement.id);
    return settle(statement, attempt, await workflows.read(workflowName(statement.id, attempt)));
  }

  async function find(id: string): Promise<StoredStatement> {
    try {
      return await store.read(id);
    } catch (error) {
      const found = (await workflows.ofStatement(id)).filter((workflow) => submittedStatement(workflow)?.id === id);
      if (found.length === 0) throw error;
      await insert(found);
      return store.read(id);
    }
  }

  async function insert(found: readonly WorkflowMetadata[]): Promise<void> {
    for (const submitted of found.map(submittedStatement)) {
      if (submitted?.text === undefined || submitted.plan === undefined) continue;
      const { id, attempt, text, submittedBy } = submitted;
      const plan = readPlan(submitted.plan);
      await attempts.begin(id, attempt);
      const inserted = await store.insert({ id, text, plan, submittedBy, server: null }, 'queued');
      if (inserted) await store.move(id, ['queued'], 'running');
    }
  }

  async function adopt(open: readonly WorkflowName[]): Promise<void> {
    const byLabel = new Map(open.map(({ metadata: { name } }) => [labelInName(name), name]));
    byLabel.delete(null);
    const states = await store.statesOf([...byLabel.keys()] as string[]);
    for (const [label, name] of byLabel) {
      const state = states.get(label!);
      if (state === undefined) await insert(await workflows.ofStatement(label!)).catch(leaveToOthers);
      else if (hasEnded({ state })) await reopen(label!, name);
    }
  }

  /** `argo retry` runs a workflow again that has ended. */
  async function reopen(id: string, name: string): Promise<void> {
    const attempt = await attempts.read(id);
    if (workflowName(id, attempt) !== name) return;
    const workflow = await workflows.read(name);
    if (workflow !== null && !isCompleted(workflow) && !workflow.spec.shutdown) await attempts.reopen(id, attempt);
  }

  return {
    find,
    statusOf,
    status: async (id) => statusOf(await find(id)),
    adopt,
    async adoptOpen() {
      for await (const page of workflows.open()) await adopt(page);
    },
  };
}

/** A workflow that another version of Millrace has created is left to that version. */
function leaveToOthers(error: unknown): void {
  if (!isUnreadablePlan(error)) throw error;
}
