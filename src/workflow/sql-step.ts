import type { SqlStep } from '../plan/plan.ts';
import { type StatementTask, taskVersion, type Written } from '../task.ts';
import { workerEnvironment } from './environment.ts';
import { podLabels } from './pods.ts';
import { nodeName } from './titles.ts';
import type { Rendering, Template } from './workflow.ts';

export function renderSqlStep(step: SqlStep, rendering: Rendering): Template {
  const { name, sql, onlyReads } = step;
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
    ...nodeName(step, 'step'),
    ...template,
    container: { image: deployment.workerImage, ...container, env: workerEnvironment(task, deployment) },
  };
}
