import type { TrainStep } from '../plan/plan.ts';
import { renderPartitionedStep } from './partitioned-step.ts';
import { withRetries } from './pods.ts';
import { nodeName } from './titles.ts';
import { renderTrainerPod } from './trainer-pod.ts';
import type { ContainerTemplate, Rendering, Template } from './workflow.ts';

/** Trainers that share nothing but the database, between a pod that selects the rows and one that registers the best model. */
export function renderSearchStep(step: TrainStep, rendering: Rendering): Template[] {
  return [
    renderPartitionedStep(step, rendering.templates.runStep),
    renderEnd(step, 'prepare', rendering),
    renderTrainers(step, rendering),
    renderEnd(step, 'finish', rendering),
  ];
}

function renderEnd(step: TrainStep, command: 'prepare' | 'finish', rendering: Rendering): ContainerTemplate {
  const pod = { name: `${step.name}-${command}`, source: command, title: nodeName(step, command), command };
  const template = withRetries(rendering.templates.trainer, step.retries);
  return renderTrainerPod(step, { ...pod, template }, rendering);
}

function renderTrainers(step: TrainStep, rendering: Rendering): ContainerTemplate {
  const { trainer, partitions } = rendering.templates;
  const { inputs, retryStrategy } = partitions;
  const number = '{{inputs.parameters.worker}}';
  const pod = {
    name: `${step.name}-worker`,
    source: 'worker-{{inputs.parameters.worker}}',
    title: nodeName(step, 'rows', number),
    command: 'search',
    template: withRetries({ ...trainer, inputs, retryStrategy }, mostStarts(step)),
    environment: [
      { name: 'MILLRACE_WORKER', value: number },
      { name: 'MILLRACE_RETRIES', value: String(step.retries) },
    ],
  } as const;
  return renderTrainerPod(step, pod, rendering);
}

/**
 * Number of times that Argo restarts a trainer's pod, which goes on with what was committed. The worker ends for good when the retries are used
 * up after which no model was trained. A unit in which trainers die again and again fails its trial, not the step.
 */
const mostStarts = ({ retries }: TrainStep) => (retries === 0 ? 0 : 100);
