import type { TrainStep } from '../plan/plan.ts';
import { trainTaskOf } from '../plan/task-of.ts';
import { trainerImage } from '../plan/train/estimator-image.ts';
import { withClaims } from './claims.ts';
import { workerEnvironment } from './environment.ts';
import { imageReference, placement, podDeadline, podLabels, withRetries } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import { nodeName } from './titles.ts';
import { trainerImageOf } from './trainer-image.ts';
import type { Container, ContainerTemplate, Rendering, Template } from './workflow.ts';

/** A pod of the trainer's image, in which the worker starts the trainer; with another image, that image has a container of its own. */
export function renderTrainStep(step: TrainStep, rendering: Rendering): Template {
  const { deployment, templates } = rendering;
  const profile = profileOf(step, deployment);
  const { container, ...template } = withClaims(withRetries(templates.trainer, step.retries), step.volumes);
  const rendered = {
    name: step.name,
    metadata: podLabels(step.name, 'train', rendering),
    ...nodeName(step, 'step'),
    ...template,
    ...podDeadline(step),
    ...placement(step, profile, deployment),
    container: {
      image: trainerImageOf(deployment),
      ...container,
      resources: resourceRequirements(step.resources, profile, container.resources),
      env: environmentOf(step, '/tmp/training', rendering),
    },
  };
  const pod = withProfile(rendered, profile, deployment);
  return step.image === trainerImage ? pod : inThreeContainers(pod, step, rendering);
}

function environmentOf(step: TrainStep, folder: string, { deployment, statement, texts }: Rendering) {
  const task = trainTaskOf(statement, step);
  return [
    ...workerEnvironment(texts ? task : { ...task, select: null, training: null }, deployment),
    { name: 'MILLRACE_TRAINING_FOLDER', value: folder },
  ];
}

/** Where the containers of a pod pass files on. */
const work = '/work';

/**
 * Selects the rows, trains and registers in three containers that share a folder: an image of a user's gets files and no secret. The first two
 * never fail, because Argo tells only how the last one, `main`, ended: that one says what went wrong in the others.
 * https://argo-workflows.readthedocs.io/en/latest/container-set-template/
 */
function inThreeContainers(
  { container, ...template }: ContainerTemplate,
  step: TrainStep,
  { templates, ...rendering }: Rendering,
): Template {
  const { volumes = [] } = template;
  const { resources, volumeMounts = [], terminationMessagePolicy: _, ...trained } = container;
  const mount = { name: 'work', mountPath: work };
  const ours = {
    ...templates.worker.container,
    image: container.image,
    env: environmentOf(step, work, { templates, ...rendering }),
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, mount],
  };
  const containers = [
    { ...ours, name: 'select', ...keptEnd('node /app/src/worker/main.ts train-select', 'select') },
    {
      ...trained,
      name: 'train',
      image: imageReference(step.image, rendering.deployment),
      ...keptEnd(`python -m millrace_trainer ${work}`, 'train'),
      env: [{ name: 'HOME', value: '/tmp' }],
      ...(resources !== undefined && { resources }),
      volumeMounts: [...volumeMounts, mount],
      dependencies: ['select'],
    },
    { ...ours, name: 'main', args: ['train-register'], dependencies: ['train'] },
  ];
  return {
    ...template,
    volumes: [...volumes, { name: 'work', emptyDir: {} }],
    containerSet: { containers: containers as NonNullable<Template['containerSet']>['containers'] },
  };
}

/** Runs a program whose output and exit code the last container reads. */
function keptEnd(program: string, name: string): Pick<Container, 'command' | 'args'> {
  return { command: ['sh', '-c', `${program} > ${work}/${name}.out; echo $? > ${work}/${name}.end`], args: [] };
}
