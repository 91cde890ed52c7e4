import { MillraceError } from '../errors.ts';
import type { TrainStep } from '../plan/plan.ts';
import { trainTaskOf } from '../plan/task-of.ts';
import { workerEnvironment } from './environment.ts';
import { placement, podDeadline, podLabels, withRetries } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import { nodeName } from './titles.ts';
import type { Deployment, Rendering, Template } from './workflow.ts';

/** A pod of the trainer's image: the worker selects the rows and registers the model, and its trainer in Python has no secret. */
export function renderTrainStep(step: TrainStep, rendering: Rendering): Template {
  const { deployment, statement, templates, texts } = rendering;
  const profile = profileOf(step, deployment);
  const task = trainTaskOf(statement, step);
  const { container, ...template } = withRetries(templates.trainer, step.retries);
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
      env: [
        ...workerEnvironment(texts ? task : { ...task, select: null, training: null }, deployment),
        { name: 'MILLRACE_TRAINING_FOLDER', value: '/tmp/training' },
      ],
    },
  };
  return withProfile(rendered, profile, deployment);
}

/** @throws {MillraceError} TRAINER_IMAGE_MISSING */
function trainerImageOf({ trainerImage }: Deployment): string {
  if (trainerImage !== null) return trainerImage;
  throw new MillraceError(
    'TRAINER_IMAGE_MISSING',
    'MILLRACE_TRAINER_IMAGE is not set, so TO TRAIN cannot run on Kubernetes',
  );
}
