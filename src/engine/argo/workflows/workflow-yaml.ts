import type { Profile } from '../../../catalog/profile.ts';
import type { Submission } from '../../../ledger/statement-status.ts';
import { renderWorkflow } from '../../../workflow/render-workflow.ts';
import { toYaml } from '../../../workflow/to-yaml.ts';
import { readDeployment } from '../config.ts';
import { loadTemplates } from './load-templates.ts';

/** The workflow that a submission would create, as input of `kubectl create -f`. @throws {MillraceError} WORKER_IMAGE_MISSING, STATEMENT_TOO_LONG */
export function workflowYaml(
  { id, text, plan, submittedBy }: Omit<Submission, 'server'>,
  environment: NodeJS.ProcessEnv,
  schema: string,
  profiles: readonly Profile[],
): string {
  const submission = { id, attempt: 1, text, submittedBy, done: [], labels: {}, readOnly: false, recorded: false };
  return toYaml(renderWorkflow(plan, submission, readDeployment(environment, schema, profiles), loadTemplates()));
}
