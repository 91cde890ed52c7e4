import type { ForeignStep, RunStep } from '../plan/plan.ts';
import { poolThreads } from '../plan/pool-threads.ts';
import { taskOf } from '../plan/task-of.ts';
import { trainerImage } from '../plan/train/estimator-image.ts';
import { contractOf } from '../programs/programs.ts';
import { withClaims } from './claims.ts';
import { bucketEnvironment, workerEnvironment } from './environment.ts';
import { renderPartitionedStep } from './partitioned-step.ts';
import { imageReference, placement, podDeadline, podLabels, withRetries } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import { nodeName } from './titles.ts';
import { trainerImageOf } from './trainer-image.ts';
import type { ContainerTemplate, Deployment, Rendering, Template } from './workflow.ts';

/** The step's DAG and its pods. All pods run the worker's image, or the trainer's, with the same task. */
export function renderRunStep(step: RunStep, rendering: Rendering): Template[] {
  const { deployment, templates, statement } = rendering;
  const image = imageOf(step, deployment);
  const task = taskOf(statement, step);
  const pod = { step, image, task: { ...task, select: null } };
  return [
    renderPartitionedStep(step, templates.runStep),
    renderPrepare(rendering.texts ? { ...pod, task } : pod, rendering),
    renderPartitions(pod, rendering),
    renderWorker('finish', pod, rendering),
  ];
}

/** A pod of the worker, with its task. */
export interface WorkerPod {
  readonly step: RunStep | ForeignStep;
  readonly image: string;
  readonly task: unknown;
}

/** A program whose columns are named by the model's classes reads the model before the table is made: as the partitions do. */
function renderPrepare(pod: WorkerPod & { readonly step: RunStep }, rendering: Rendering): Template {
  const { program, volumes, resources } = pod.step;
  const worker = renderWorker('prepare', pod, rendering);
  if (!contractOf(program.name).namesColumnsByClass(program.settings)) return worker;
  const { partitions } = rendering.templates;
  const profile = profileOf(pod.step, rendering.deployment);
  const enough = resourceRequirements({ ...resources, gpu: 0 }, profile, partitions.container.resources);
  const env = [...(worker.container.env ?? []), ...bucketEnvironment(pod.step, rendering.deployment)];
  return withClaims({ ...worker, container: { ...worker.container, resources: enough, env } }, volumes);
}

export function renderWorker(command: 'prepare' | 'finish', pod: WorkerPod, rendering: Rendering): ContainerTemplate {
  const { step, image, task } = pod;
  const { container, ...template } = withRetries(rendering.templates.worker, step.retries);
  return {
    name: `${step.name}-${command}`,
    metadata: podLabels(step.name, command, rendering),
    ...nodeName(step, command),
    ...template,
    ...podDeadline(step),
    container: { image, ...container, args: [command], env: workerEnvironment(task, rendering.deployment) },
  };
}

function renderPartitions(
  { step, image, task }: WorkerPod & { readonly step: RunStep },
  rendering: Rendering,
): Template {
  const { deployment, templates } = rendering;
  const profile = profileOf(step, deployment);
  const { container, ...template } = withClaims(withRetries(templates.partitions, mostStarts(step)), step.volumes);
  const rendered = {
    name: `${step.name}-worker`,
    metadata: podLabels(step.name, 'worker-{{inputs.parameters.worker}}', rendering),
    ...nodeName(step, 'rows', '{{inputs.parameters.worker}}'),
    ...template,
    ...podDeadline(step),
    ...placement(step, profile, deployment),
    container: {
      image: step.image === trainerImage ? image : (profile?.pods.image ?? workerImageOf(step, image, deployment)),
      ...container,
      resources: resourceRequirements(step.resources, profile, container.resources),
      env: [
        { name: 'MILLRACE_WORKER', value: '{{inputs.parameters.worker}}' },
        { name: 'MILLRACE_RETRIES', value: String(step.retries) },
        { name: 'UV_THREADPOOL_SIZE', value: String(poolThreads(step.resources.cpu ?? 1)) },
        ...workerEnvironment(task, deployment),
        ...bucketEnvironment(step, deployment),
      ],
    },
  };
  return withProfile(rendered, profile, deployment);
}

/**
 * Number of times that Argo restarts a worker's pod. Argo counts all failures, the worker only those in a row after which no more rows are
 * processed, and ends for good when these use up the retries.
 */
function mostStarts({ retries }: RunStep): number {
  return retries === 0 ? 0 : 100;
}

/** The trainer's image has the worker as well. */
function imageOf({ image }: RunStep, deployment: Deployment): string {
  return image === trainerImage ? trainerImageOf(deployment) : imageReference(image, deployment);
}

function workerImageOf({ resources }: RunStep, image: string, { workerImage, gpuWorkerImage }: Deployment): string {
  return resources.gpu > 0 && image === workerImage ? gpuWorkerImage : image;
}
