import type { RunStep } from '../plan/plan.ts';
import type { Template, WorkflowTemplates } from './workflow.ts';

/** `prepare -> partition × N -> finish`; the pods' templates are called `<step>-prepare`, and so on. */
export function renderPartitionedStep(
  { name, partitions, parallelism }: Pick<RunStep, 'name' | 'partitions' | 'parallelism'>,
  { runStep }: WorkflowTemplates,
): Template {
  const tasks = runStep.dag.tasks.map((task) => ({
    ...task,
    template: `${name}-${task.name}`,
    ...(task.withSequence === undefined ? {} : { withSequence: { count: String(partitions) } }),
  }));
  return { name, ...runStep, parallelism, dag: { ...runStep.dag, tasks } };
}
