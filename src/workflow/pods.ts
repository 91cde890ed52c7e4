import type { RunStep } from '../plan/plan.ts';
import type { ContainerTemplate, Deployment, Rendering, Template } from './workflow.ts';
import { statementLabel } from './workflow-name.ts';

/** The part of a pod in its step; also the name of its log. */
export type PodSource = 'model' | 'statement' | 'prepare' | 'partition-{{inputs.parameters.partition}}' | 'finish';

/** Labels by which a pod, its log and its metrics are found. */
export function podLabels(
  step: string,
  source: PodSource,
  { statement }: Rendering,
): NonNullable<Template['metadata']> {
  return {
    labels: { 'millrace/statement': statementLabel(statement), 'millrace/step': step, 'millrace/source': source },
  };
}

export function imageReference(name: string, { images }: Deployment): string {
  return Object.hasOwn(images, name) ? (images[name] as string) : name;
}

export function withRetries(template: ContainerTemplate, retries: number): ContainerTemplate {
  return { ...template, retryStrategy: { ...template.retryStrategy, limit: String(retries) } };
}

/** The step's timeout, applied to each pod, because a DAG cannot have one. */
export function podDeadline({ timeoutSeconds }: Pick<RunStep, 'timeoutSeconds'>): Partial<Template> {
  return timeoutSeconds === null ? {} : { activeDeadlineSeconds: timeoutSeconds };
}

/** The nodes on which a partition may run. */
export function placement(
  { nodeSelector, resources }: Pick<RunStep, 'nodeSelector' | 'resources'>,
  { gpuTolerations }: Deployment,
): Partial<Template> {
  return {
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(resources.gpu === 0 || gpuTolerations.length === 0 ? {} : { tolerations: [...gpuTolerations] }),
  };
}
