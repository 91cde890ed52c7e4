import type { SqlStep } from '../plan/plan.ts';
import { workerEnvironment } from './environment.ts';
import { podLabels } from './pods.ts';
import type { Rendering, Template } from './workflow.ts';

/** What the worker's command `statement` is told. */
export interface SqlTask {
  readonly statement: string;
  readonly step: string;
  /** Given to the database as it stands. */
  readonly sql: string;
}

export function renderSqlStep({ name, sql }: SqlStep, rendering: Rendering): Template {
  const { deployment, statement, templates } = rendering;
  const { container, ...template } = templates.sqlStep;
  const task: SqlTask = { statement, step: name, sql };
  return {
    name,
    metadata: podLabels(name, 'statement', rendering),
    ...template,
    container: { image: deployment.workerImage, ...container, env: workerEnvironment(task, deployment) },
  };
}
