import type { ModelStep } from '../plan/plan.ts';
import { mountsOf } from '../plan/volumes.ts';
import { type ModelTask, taskVersion } from '../task.ts';
import { withClaims } from './claims.ts';
import { bucketEnvironment, workerEnvironment } from './environment.ts';
import { placement, podLabels, withRetries } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import { nodeName } from './titles.ts';
import type { Rendering, Template } from './workflow.ts';

/** Number of restarts after failures that may be temporary: a statement about models may be repeated. */
const retries = 3;

/** A pod of the worker with the volumes mounted: it looks at the model's file as a worker of partitions does. */
export function renderModelStep(step: ModelStep, rendering: Rendering): Template {
  const { name, action, actor, volumes } = step;
  const { deployment, statement, templates } = rendering;
  const profile = profileOf(step, deployment);
  const mounts = mountsOf(step);
  const task: ModelTask = { kind: 'model', version: taskVersion, statement, step: name, action, actor, mounts };
  const { container, ...template } = withClaims(withRetries(templates.worker, retries), volumes);
  const { cpu, memory } = profile?.default ?? { cpu: null, memory: null };
  const asked = { cpu, memory, gpu: 0 };
  const resources = resourceRequirements(asked, profile, templates.partitions.container.resources);
  const rendered = {
    name,
    metadata: podLabels(name, 'model', rendering),
    ...nodeName(step, 'step'),
    ...template,
    ...placement({ nodeSelector: {}, resources: asked }, profile, deployment),
    container: {
      image: deployment.workerImage,
      ...container,
      args: ['model'],
      resources,
      env: [...workerEnvironment(task, deployment), ...bucketEnvironment(step, deployment)],
    },
  };
  return withProfile(rendered, profile, deployment);
}
