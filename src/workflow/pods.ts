import type { RunStep } from '../plan/plan.ts';
import type { ContainerTemplate, Deployment, Rendering, Template } from './workflow.ts';
import { statementLabel } from './workflow-name.ts';

/** What a pod does within its step; also what its log is called. */
export type PodSource = 'statement' | 'prepare' | 'partition-{{inputs.parameters.partition}}' | 'finish';

/** So that a pod, its log and its metrics are found by statement, step and source. */
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

/** The step's timeout, of each pod: a DAG takes none. */
export function podDeadline({ timeoutSeconds }: Pick<RunStep, 'timeoutSeconds'>): Partial<Template> {
  return timeoutSeconds === null ? {} : { activeDeadlineSeconds: timeoutSeconds };
}

/** On which nodes a partition may run. */
export function placement(
  { nodeSelector, resources }: Pick<RunStep, 'nodeSelector' | 'resources'>,
  { gpuTolerations }: Deployment,
): Partial<Template> {
  return {
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(resources.gpu === 0 || gpuTolerations.length === 0 ? {} : { tolerations: [...gpuTolerations] }),
  };
}
