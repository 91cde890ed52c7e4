import type { ModelStep } from '../plan/plan.ts';
import { type ModelTask, taskVersion } from '../task.ts';
import { withClaims } from './claims.ts';
import { workerEnvironment } from './environment.ts';
import { podLabels, withRetries } from './pods.ts';
import { resourceRequirements } from './resources.ts';
import type { Rendering, Template } from './workflow.ts';

/** Number of restarts after failures that may be temporary: a statement about models may be repeated. */
const retries = 3;

/** A pod of the worker with the volumes mounted: it looks at the model's file as a partition does. */
export function renderModelStep({ name, action, actor, volumes }: ModelStep, rendering: Rendering): Template {
  const { deployment, statement, templates } = rendering;
  const mounts = volumes.map(({ mountPath }) => mountPath);
  const task: ModelTask = { kind: 'model', version: taskVersion, statement, step: name, action, actor, mounts };
  const { container, ...template } = withClaims(withRetries(templates.worker, retries), volumes);
  const resources = resourceRequirements({ cpu: null, memory: null, gpu: 0 }, templates.partition.container.resources);
  return {
    name,
    metadata: podLabels(name, 'model', rendering),
    ...template,
    container: {
      image: deployment.workerImage,
      ...container,
      args: ['model'],
      resources,
      env: workerEnvironment(task, deployment),
    },
  };
}
