import type { Container, Deployment, SecretKey } from './workflow.ts';

export type EnvironmentVariable = NonNullable<Container['env']>[number];

/** Variables for every command of the worker: its task, the system schema and, from the Secret, the database. */
export function workerEnvironment(task: unknown, deployment: Deployment): EnvironmentVariable[] {
  return [
    { name: 'MILLRACE_TASK', value: literalJson(task) },
    { name: 'MILLRACE_SCHEMA', value: deployment.schema },
    datasourceVariable('MILLRACE_DATASOURCE', deployment.datasource),
    ...(deployment.systemDatasource === null
      ? []
      : [datasourceVariable('MILLRACE_SYSTEM_DATASOURCE', deployment.systemDatasource)]),
    ...(deployment.imageUrls === null ? [] : [{ name: 'MILLRACE_IMAGE_URLS', value: deployment.imageUrls }]),
  ];
}

export function datasourceVariable(name: string, { secret, key }: SecretKey): EnvironmentVariable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/**
 * JSON in which neither Argo nor Kubernetes replaces anything. Both escaped characters occur only inside strings. Argo replaces `{{…}}`:
 * https://argo-workflows.readthedocs.io/en/latest/variables/; Kubernetes replaces `$(…)`, even by secrets, and `$$`:
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
function literalJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\{(?=\{)/g, '\\u007b')
    .replaceAll('$', '\\u0024');
}

/** Must come before the variables and arguments that contain a `literal`. */
export const braceVariable: EnvironmentVariable = { name: 'MILLRACE_BRACE', value: '{' };

/** A text that reaches the container unchanged: Argo finds no `{{`, because Kubernetes inserts the second brace later. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$').replace(/\{(?=\{)/g, `$(${braceVariable.name})`);
}
