import type { RunStep } from '../plan/plan.ts';
import type { DagTemplate, Template } from './workflow.ts';

/** The step's DAG around the partitions with rows left; the pods' templates are named `<step>-prepare` and so on. */
export function renderPartitionedStep(
  { name, parallelism }: Pick<RunStep, 'name' | 'parallelism'>,
  template: DagTemplate,
): Template {
  const tasks = template.dag.tasks.map((task) => ({ ...task, template: `${name}-${task.name}` }));
  return { name, ...template, parallelism, dag: { ...template.dag, tasks } };
}
