import { createHash } from 'node:crypto';
import { MillraceError } from '../errors.ts';
import type { Plan, Step } from '../plan/plan.ts';
import type { TableTarget } from '../task.ts';
import type { Deployment, Workflow, WorkflowSubmission } from './workflow.ts';
import { statementLabel, workflowName } from './workflow-name.ts';

/** Holds a `SubmittedStatement` as JSON: all that is known of a statement beside the workflow's status. */
export const submissionAnnotation = 'millrace/submission';

/** Bytes of all annotations together: TotalAnnotationSizeLimitB of k8s.io/apimachinery/pkg/api/validation. */
const mostAnnotations = 262_144;
const longestDescription = 2000;

/** What a later process reads back from the workflow. */
export interface SubmittedStatement extends WorkflowSubmission {
  readonly plan: Plan;
}

export function workflowMetadata(
  plan: Plan,
  submission: WorkflowSubmission,
  deployment: Deployment,
  constant: Workflow['metadata'],
): Workflow['metadata'] {
  const { id, attempt, text, submittedBy, done } = submission;
  const stored: SubmittedStatement = { id, attempt, text, submittedBy, done, plan };
  const annotations = {
    'workflows.argoproj.io/title': title(plan, text),
    'workflows.argoproj.io/description': description(submission, deployment),
    [submissionAnnotation]: JSON.stringify(stored),
  };
  checkSize(annotations);
  return {
    name: workflowName(id, attempt),
    namespace: deployment.namespace,
    labels: {
      ...constant.labels,
      'millrace/statement': statementLabel(id),
      'millrace/ledger': ledgerLabel(deployment),
    },
    annotations,
  };
}

/** So that several databases share a namespace: whose ledger holds the statement. */
export function ledgerLabel({
  datasource: { secret, key },
  schema,
}: Pick<Deployment, 'datasource' | 'schema'>): string {
  return createHash('sha256')
    .update(JSON.stringify([secret, key, schema]))
    .digest('hex')
    .slice(0, 16);
}

function title({ steps }: Plan, text: string): string {
  const run = steps.find((step) => step.kind !== 'sql');
  const title = run === undefined ? text : [run.image, ...intoOf(run)].join(' ');
  return shorten(title.replace(/\s+/g, ' ').trim(), 100);
}

function intoOf(step: Exclude<Step, { kind: 'sql' }>): readonly string[] {
  const tables: readonly TableTarget[] = step.kind === 'run' ? [step.into] : step.into;
  const names = tables.map(({ database, table }) => (database === null ? table : `${database}.${table}`));
  return names.length === 0 ? [] : ['INTO', names.join(', ')];
}

/** Markdown: https://argo-workflows.readthedocs.io/en/latest/title-and-description/ */
function description({ id, text, submittedBy }: WorkflowSubmission, { statementUrl }: Deployment): string {
  const sql = shorten(text.trim(), longestDescription);
  const fence = '`'.repeat(Math.max(3, ...(sql.match(/`+/g) ?? []).map((ticks) => ticks.length + 1)));
  const link = statementUrl === null ? id : `[${id}](${statementUrl}${encodeURIComponent(id)})`;
  return `${fence}sql\n${sql}\n${fence}\nStatement ${link}, submitted by ${submittedBy}`.toWellFormed();
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

function checkSize(annotations: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  if (bytes <= mostAnnotations) return;
  throw new MillraceError('STATEMENT_TOO_LONG', `the statement takes ${bytes} bytes, a workflow ${mostAnnotations}`, {
    hint: 'put long lists of values into a table, or submit the program in parts',
  });
}
