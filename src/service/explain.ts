import type { Submission } from '../ledger/statement-status.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import type { Datasource } from './datasource.ts';

export interface Explanation {
  readonly plan: Plan;
  readonly text: string;
  /** The YAML that the argo engine submits. @throws {MillraceError} NO_WORKFLOW, WORKER_IMAGE_MISSING */
  workflow(): Promise<string>;
}

export function explain(datasource: Datasource, submission: Omit<Submission, 'server'>): Explanation {
  const { plan } = submission;
  return { plan, text: explainPlan(plan), workflow: () => workflowOf(datasource, submission) };
}

/** The Argo Workflow of a statement, as YAML. */
export async function workflowOf(
  { environment, schema }: Pick<Datasource, 'environment' | 'schema'>,
  submission: Omit<Submission, 'server'>,
): Promise<string> {
  const { workflowYaml } = await import('../engine/argo/workflows/workflow-yaml.ts');
  return workflowYaml(submission, environment, schema);
}
