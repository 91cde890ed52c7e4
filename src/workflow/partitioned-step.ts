import type { RunStep } from '../plan/plan.ts';
import type { Template, WorkflowTemplates } from './workflow.ts';

/** `prepare -> partition × N -> finish`, for the N partitions that have rows left; the pods' templates are named `<step>-prepare` and so on. */
export function renderPartitionedStep(
  { name, parallelism }: Pick<RunStep, 'name' | 'parallelism'>,
  { runStep }: WorkflowTemplates,
): Template {
  const tasks = runStep.dag.tasks.map((task) => ({ ...task, template: `${name}-${task.name}` }));
  return { name, ...runStep, parallelism, dag: { ...runStep.dag, tasks } };
}
