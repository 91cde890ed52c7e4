import { createHash } from 'node:crypto';
import type { Plan } from '../plan/plan.ts';
import { podStep } from '../plan/step-facts.ts';
import { shorten, workflowTitle } from './titles.ts';
import type { Deployment, Rendering, Workflow, WorkflowSubmission } from './workflow.ts';
import { statementLabel, workflowName } from './workflow-name.ts';

/** Contains a `SubmittedStatement` as JSON: everything known about a statement except for the workflow's status. */
export const submissionAnnotation = 'millrace/submission';

export const titleAnnotation = 'workflows.argoproj.io/title';

/** Marks the workflows in which a pod may wait only for a limited time. */
export const pendingTimeoutLabel = 'millrace/pending-timeout';

const longestDescription = 2000;

/** The statement that a later process reads back from the workflow. */
export interface SubmittedStatement extends Pick<WorkflowSubmission, 'id' | 'attempt' | 'submittedBy' | 'done'> {
  /** Absent if the statement is long; the system schema has it. */
  readonly text?: string | undefined;
  /** `readPlan` reads it: another version of Millrace may have written it. */
  readonly plan?: unknown;
}

export function workflowMetadata(
  plan: Plan,
  submission: WorkflowSubmission,
  { deployment, templates, texts }: Rendering,
): Workflow['metadata'] {
  const { id, attempt, text, submittedBy, done } = submission;
  const stored: SubmittedStatement = {
    id,
    attempt,
    ...(texts ? { text } : {}),
    submittedBy,
    done,
    ...(texts ? { plan } : {}),
  };
  const given = statementLabels(submission.labels);
  return {
    name: workflowName(id, attempt),
    namespace: deployment.namespace,
    labels: {
      ...templates.workflow.metadata?.labels,
      'millrace/statement': statementLabel(id),
      'millrace/ledger': ledgerLabel(deployment),
      ...(plan.steps.some((step) => (podStep(step)?.pendingSeconds ?? null) !== null) && {
        [pendingTimeoutLabel]: 'true',
      }),
      ...given.labels,
    },
    annotations: {
      [titleAnnotation]: workflowTitle(plan, text, submittedBy),
      'workflows.argoproj.io/description': description(submission, deployment),
      [submissionAnnotation]: JSON.stringify(stored),
      ...given.annotations,
    },
  };
}

type Labels = Readonly<Record<string, string>>;

/** Adds a prefix of their own, so that no statement can set a label that Argo or Millrace uses. A `/` in a name becomes `_`. */
function statementLabels(given: Labels): { readonly labels: Labels; readonly annotations: Labels } {
  const entries = Object.entries(given).map(
    ([name, value]) =>
      [`labels.millrace/${name.replaceAll('/', '_')}`.replace(/(?<![._-])[._-]+$/, ''), value] as const,
  );
  const fits = ([, value]: readonly [string, string]) => labelValue.test(value);
  return {
    labels: Object.fromEntries(entries.filter(fits)),
    annotations: Object.fromEntries(entries.filter((entry) => !fits(entry))),
  };
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** Identifies the ledger that has the statement, so that several databases can share a namespace. */
export function ledgerLabel({
  datasource: { secret, key },
  schema,
}: Pick<Deployment, 'datasource' | 'schema'>): string {
  return createHash('sha256')
    .update(JSON.stringify([secret, key, schema]))
    .digest('hex')
    .slice(0, 16);
}

/** Markdown: https://argo-workflows.readthedocs.io/en/latest/title-and-description/ */
function description({ id, text, submittedBy }: WorkflowSubmission, { statementUrl }: Deployment): string {
  const sql = shorten(text.trim(), longestDescription);
  const fence = '`'.repeat(Math.max(3, ...(sql.match(/`+/g) ?? []).map((ticks) => ticks.length + 1)));
  const link = statementUrl === null ? id : `[${id}](${statementUrl}${encodeURIComponent(id)})`;
  return `${fence}sql\n${sql}\n${fence}\nStatement ${link}, submitted by ${submittedBy}`.toWellFormed();
}
