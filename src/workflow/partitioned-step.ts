import type { ForeignStep, RunStep, TrainStep } from '../plan/plan.ts';
import { podsAtOnce } from '../plan/step-facts.ts';
import { nodeName } from './titles.ts';
import type { DagTemplate, Template } from './workflow.ts';

/** The step's DAG around the partitions with rows left, or around the trainers of a search; the pods' templates are named `<step>-prepare` and so on. */
export function renderPartitionedStep(step: RunStep | ForeignStep | TrainStep, template: DagTemplate): Template {
  const { name } = step;
  const tasks = template.dag.tasks.map((task) => ({ ...task, template: `${name}-${task.name}` }));
  return {
    name,
    ...nodeName(step, 'step'),
    ...template,
    parallelism: podsAtOnce(step),
    dag: { ...template.dag, tasks },
  };
}
