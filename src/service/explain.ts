import type { Pool } from 'mysql2/promise';
import { countRows } from '../datasource/count-rows.ts';
import type { Submission } from '../ledger/statement-status.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { runStep } from '../plan/step-facts.ts';
import type { Datasource } from './datasource.ts';
import { drawFindPlan } from './find/plan-picture.ts';

export interface Explanation {
  readonly plan: Plan;
  readonly text: string;
  /** Pictures of the plans of TO FIND, as SVG. */
  readonly pictures: readonly PlanPicture[];
  /** The YAML that the argo engine submits. @throws {MillraceError} NO_WORKFLOW, WORKER_IMAGE_MISSING */
  workflow(): Promise<string>;
}

export interface PlanPicture {
  readonly step: string;
  readonly svg: string;
}

/** Rows are counted if the model of a step was measured, so that its time can be predicted. */
export async function explain(datasource: Datasource, submission: Omit<Submission, 'server'>): Promise<Explanation> {
  const steps = await Promise.all(submission.plan.steps.map((step) => withCount(step, datasource.users)));
  const plan = { ...submission.plan, steps };
  return {
    plan,
    text: explainPlan(plan),
    pictures: steps.flatMap(pictureOf),
    workflow: () => workflowOf(datasource, submission),
  };
}

function pictureOf(step: Step): readonly PlanPicture[] {
  const run = runStep(step);
  const svg = run === null ? null : drawFindPlan(run);
  return svg === null ? [] : [{ step: step.name, svg }];
}

async function withCount(step: Step, users: Pool): Promise<Step> {
  const run = runStep(step);
  if (run?.cost === undefined || run.cost.images !== null || !run.cost.isCountable) return step;
  return { ...run, cost: { ...run.cost, images: await countRows(users, run.select) } };
}

/** The Argo Workflow of a statement, as YAML. */
export async function workflowOf(
  { environment, schema, profiles }: Pick<Datasource, 'environment' | 'schema' | 'profiles'>,
  submission: Omit<Submission, 'server'>,
): Promise<string> {
  const { workflowYaml } = await import('../engine/argo/workflows/workflow-yaml.ts');
  return workflowYaml(submission, environment, schema, profiles);
}
