import type { Container, Deployment, SecretKey } from './workflow.ts';

export type EnvironmentVariable = NonNullable<Container['env']>[number];

/** What every command of the worker is told: its task, the system schema and, from the Secret, the database. */
export function workerEnvironment(task: unknown, deployment: Deployment): EnvironmentVariable[] {
  return [
    { name: 'MILLRACE_TASK', value: literalJson(task) },
    { name: 'MILLRACE_SCHEMA', value: deployment.schema },
    datasourceVariable('MILLRACE_DATASOURCE', deployment.datasource),
    ...(deployment.systemDatasource === null
      ? []
      : [datasourceVariable('MILLRACE_SYSTEM_DATASOURCE', deployment.systemDatasource)]),
  ];
}

export function datasourceVariable(name: string, { secret, key }: SecretKey): EnvironmentVariable {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/**
 * JSON in which neither Argo nor Kubernetes finds anything to fill in. Both characters stand inside strings only. Argo fills `{{…}}`:
 * https://argo-workflows.readthedocs.io/en/latest/variables/; Kubernetes `$(…)`, even with secrets, and `$$`:
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
function literalJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\{(?=\{)/g, '\\u007b')
    .replaceAll('$', '\\u0024');
}

/** Must stand before the variables and arguments that hold a `literal`. */
export const braceVariable: EnvironmentVariable = { name: 'MILLRACE_BRACE', value: '{' };

/** A text that reaches the container as it is: what Argo would fill in is put together by Kubernetes, which fills in later. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$').replace(/\{(?=\{)/g, `$(${braceVariable.name})`);
}
