import type { Profile } from '../catalog/profile.ts';
import type { RunStep } from '../plan/plan.ts';
import type { ContainerTemplate, Deployment, Rendering, Template } from './workflow.ts';
import { statementLabel } from './workflow-name.ts';

/** The part of a pod in its step; also the name of its log. */
export type PodSource =
  | 'model'
  | 'statement'
  | 'train'
  | 'prepare'
  | 'worker-{{inputs.parameters.worker}}'
  | 'partition-{{inputs.parameters.partition}}'
  | 'finish';

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

/** The nodes on which partitions may run. A label that both the statement and the profile name is the profile's. */
export function placement(
  { nodeSelector, resources }: Pick<RunStep, 'nodeSelector' | 'resources'>,
  profile: Profile | null,
  { gpuTolerations }: Deployment,
): Partial<Template> {
  const labels = { ...nodeSelector, ...profile?.pods.nodeSelector };
  const tolerations = [...(resources.gpu === 0 ? [] : gpuTolerations), ...(profile?.pods.tolerations ?? [])];
  return {
    ...(Object.keys(labels).length === 0 ? {} : { nodeSelector: labels }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
  };
}
