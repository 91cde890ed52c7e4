import type { ForeignStep, RunStep } from '../plan/plan.ts';
import { nodeName } from './titles.ts';
import type { DagTemplate, Template } from './workflow.ts';

/** The step's DAG around the partitions with rows left; the pods' templates are named `<step>-prepare` and so on. */
export function renderPartitionedStep(step: RunStep | ForeignStep, template: DagTemplate): Template {
  const { name, parallelism } = step;
  const tasks = template.dag.tasks.map((task) => ({ ...task, template: `${name}-${task.name}` }));
  return { name, ...nodeName(step, 'step'), ...template, parallelism, dag: { ...template.dag, tasks } };
}
