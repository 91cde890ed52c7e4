import { MillraceError } from '../errors.ts';
import { type ByStepKind, byStepKind, type Plan, type Step } from '../plan/plan.ts';
import { podStep, podsAtOnce } from '../plan/step-facts.ts';
import { checkSizes } from './check-sizes.ts';
import { renderForeignStep } from './foreign-step.ts';
import { workflowMetadata } from './metadata.ts';
import { renderModelStep } from './model-step.ts';
import { renderRunStep } from './run-step.ts';
import { renderSqlStep } from './sql-step.ts';
import { renderTrainStep } from './train-step.ts';
import type { Deployment, Rendering, Template, Workflow, WorkflowSubmission, WorkflowTemplates } from './workflow.ts';

/** Maximum number of templates, and of tasks of a DAG: `maxItems` in Argo's CRD. */
const mostTemplates = 200;

/**
 * Renders the workflow that runs a plan. The same arguments give the same workflow.
 * @throws {MillraceError} STATEMENT_TOO_LONG; MISSING_COMMAND and UNKNOWN_PROGRAM for a foreign image
 */
export function renderWorkflow(
  plan: Plan,
  submission: WorkflowSubmission,
  deployment: Deployment,
  templates: WorkflowTemplates,
): Workflow {
  const rendering = { statement: submission.id, deployment: withAccount(deployment, submission), templates };
  const whole = render(plan, submission, { ...rendering, texts: true });
  if (checkSizes(whole) === null) return whole;
  const workflow = submission.recorded ? render(plan, submission, { ...rendering, texts: false }) : whole;
  const tooLong = checkSizes(workflow);
  if (tooLong !== null) throw tooLong;
  return workflow;
}

function withAccount(deployment: Deployment, { readOnly }: WorkflowSubmission): Deployment {
  const { datasource, readerDatasource } = deployment;
  return { ...deployment, datasource: (readOnly ? readerDatasource : null) ?? datasource };
}

function render(plan: Plan, submission: WorkflowSubmission, rendering: Rendering): Workflow {
  const { deployment, templates } = rendering;
  const steps = plan.steps.filter(({ name }) => !submission.done.includes(name));
  const pods = steps.flatMap((step) => byStepKind(renderers, step, rendering));
  checkCount(pods, steps);
  return {
    ...templates.workflow,
    metadata: workflowMetadata(plan, submission, rendering),
    spec: {
      ...templates.workflow.spec,
      serviceAccountName: deployment.serviceAccount,
      executor: { serviceAccountName: deployment.serviceAccount },
      ...priority(steps),
      parallelism: Math.max(1, ...steps.map((step) => podsAtOnce(step))),
      activeDeadlineSeconds: deadline(steps, deployment),
      templates: [statementDag(steps), ...pods],
    },
  };
}

const renderers: ByStepKind<Template[], [Rendering]> = {
  sql: (step, rendering) => [renderSqlStep(step, rendering)],
  run: renderRunStep,
  foreign: renderForeignStep,
  model: (step, rendering) => [renderModelStep(step, rendering)],
  train: renderTrainStep,
};

/** Runs each step after those it needs. */
function statementDag(steps: readonly Step[]): Template {
  const direct = directNeeds(steps);
  const tasks = steps.map(({ name }) => {
    const before = direct.get(name)?.map((need) => `${need}.Succeeded`) ?? [];
    return { name, template: name, ...(before.length === 0 ? {} : { depends: before.join(' && ') }) };
  });
  return { name: 'statement', dag: { tasks } };
}

/** The needs of each step, without absent steps and without those that another need already implies. Needs come before their steps. */
function directNeeds(steps: readonly Step[]): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, ReadonlySet<string>>();
  const direct = new Map<string, readonly string[]>();
  for (const { name, needs } of steps) {
    const here = needs.filter((need) => before.has(need));
    const implied = new Set(here.flatMap((need) => [...(before.get(need) ?? [])]));
    before.set(name, new Set([...implied, ...here]));
    direct.set(
      name,
      here.filter((need) => !implied.has(need)),
    );
  }
  return direct;
}

/** Priority in the controller's queue of workflows: that of the most urgent step. */
function priority(steps: readonly Step[]): { priority?: number } {
  const given = steps.flatMap((step) => podStep(step)?.priority ?? []);
  return given.length === 0 ? {} : { priority: Math.max(...given) };
}

/** The sum of the steps' timeouts: the maximum time if they run one after the other. */
function deadline(steps: readonly Step[], { deadlineSeconds }: Deployment): number {
  const timeouts = steps.map((step) => podStep(step)?.timeoutSeconds ?? null);
  return timeouts.reduce<number>((sum, timeout) => sum + (timeout ?? deadlineSeconds), 0);
}

function checkCount(pods: readonly Template[], { length }: readonly Step[]): void {
  if (pods.length < mostTemplates) return;
  throw new MillraceError('STATEMENT_TOO_LONG', `the program has ${length} steps, more than one workflow can have`, {
    hint: 'submit it in parts',
  });
}
