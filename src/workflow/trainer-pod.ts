import type { TrainStep } from '../plan/plan.ts';
import { trainTaskOf } from '../plan/task-of.ts';
import { withClaims } from './claims.ts';
import { type EnvironmentVariable, workerEnvironment } from './environment.ts';
import { type PodSource, placement, podDeadline, podLabels } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import type { nodeName } from './titles.ts';
import { trainerImageOf } from './trainer-image.ts';
import type { ContainerTemplate, Rendering } from './workflow.ts';

/** What a pod of the trainer's image does. */
export interface TrainerPod {
  readonly name: string;
  readonly source: PodSource;
  /** Annotations with the name of its node. */
  readonly title: ReturnType<typeof nodeName>;
  /** The worker's command. */
  readonly command: 'train' | 'prepare' | 'search' | 'finish';
  readonly template: ContainerTemplate;
  readonly environment?: readonly EnvironmentVariable[];
}

/** A pod of the trainer's image, in which the worker selects rows, and starts the trainer. */
export function renderTrainerPod(step: TrainStep, pod: TrainerPod, rendering: Rendering): ContainerTemplate {
  const { deployment } = rendering;
  const profile = profileOf(step, deployment);
  const { container, ...template } = withClaims(pod.template, step.volumes);
  const rendered = {
    name: pod.name,
    metadata: podLabels(step.name, pod.source, rendering),
    ...pod.title,
    ...template,
    ...podDeadline(step),
    ...placement(step, profile, deployment),
    container: {
      image: trainerImageOf(deployment),
      ...container,
      args: [pod.command],
      resources: resourceRequirements(step.resources, profile, container.resources),
      env: [...(pod.environment ?? []), ...trainingEnvironment(step, '/tmp/training', rendering)],
    },
  };
  return withProfile(rendered, profile, deployment);
}

export function trainingEnvironment(
  step: TrainStep,
  folder: string,
  { deployment, statement, texts }: Rendering,
): EnvironmentVariable[] {
  const task = trainTaskOf(statement, step);
  return [
    ...workerEnvironment(texts ? task : { ...task, select: null, training: null }, deployment),
    { name: 'MILLRACE_TRAINING_FOLDER', value: folder },
  ];
}
