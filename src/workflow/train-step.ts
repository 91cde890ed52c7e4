import type { TrainStep } from '../plan/plan.ts';
import { trainerImage } from '../plan/train/estimator-image.ts';
import { imageReference, withRetries } from './pods.ts';
import { renderSearchStep } from './search-step.ts';
import { nodeName } from './titles.ts';
import { renderTrainerPod, trainingEnvironment } from './trainer-pod.ts';
import type { Container, ContainerTemplate, Rendering, Template } from './workflow.ts';

/** A pod for all, unless it is a search. With an image of a user's, that image has a container of its own. */
export function renderTrainStep(step: TrainStep, rendering: Rendering): Template[] {
  if (step.training.search !== null) return renderSearchStep(step, rendering);
  const template = withRetries(rendering.templates.trainer, step.retries);
  const does = { name: step.name, source: 'train', title: nodeName(step, 'step'), command: 'train' } as const;
  const pod = renderTrainerPod(step, { ...does, template }, rendering);
  return [step.image === trainerImage ? pod : inThreeContainers(pod, step, rendering)];
}

/** Where the containers of a pod pass files on. */
const work = '/work';

/**
 * Selects the rows, trains and registers in three containers that share `work`: an image of a user's gets files and no secret. The first two
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
    env: trainingEnvironment(step, work, { templates, ...rendering }),
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
      volumeMounts: [...volumeMounts.filter(({ name }) => name !== 'tmp'), { name: 'own', mountPath: '/tmp' }, mount],
      dependencies: ['select'],
    },
    { ...ours, name: 'main', args: ['train-register'], dependencies: ['train'] },
  ];
  return {
    ...template,
    // Argo adds the workflow's volumes to pods with one container only.
    volumes: [...volumes, ...['work', 'tmp', 'own'].map((name) => ({ name, emptyDir: {} }))],
    containerSet: { containers: containers as NonNullable<Template['containerSet']>['containers'] },
  };
}

/** Runs a program whose output and exit code the last container reads. */
function keptEnd(program: string, name: string): Pick<Container, 'command' | 'args'> {
  return { command: ['sh', '-c', `${program} > ${work}/${name}.out; echo $? > ${work}/${name}.end`], args: [] };
}
