import type { SqlStep } from '../plan/plan.ts';
import { type StatementTask, taskVersion, type Written } from '../task.ts';
import { workerEnvironment } from './environment.ts';
import { podLabels } from './pods.ts';
import type { Rendering, Template } from './workflow.ts';

export function renderSqlStep({ name, sql, onlyReads }: SqlStep, rendering: Rendering): Template {
  const { deployment, statement, templates, texts } = rendering;
  const { container, ...template } = templates.sqlStep;
  const task: Written<StatementTask> = {
    kind: 'statement',
    version: taskVersion,
    statement,
    step: name,
    sql: texts ? sql : null,
    onlyReads,
  };
  return {
    name,
    metadata: podLabels(name, 'statement', rendering),
    ...template,
    container: { image: deployment.workerImage, ...container, env: workerEnvironment(task, deployment) },
  };
}
