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

/** Variables for a step that may read buckets. Workflows and logs never have the credentials: pods get them from the Secret. */
export function bucketEnvironment(
  { buckets = [] }: { readonly buckets?: readonly string[] },
  { buckets: deployed }: Deployment,
): EnvironmentVariable[] {
  if (buckets.length === 0 || deployed === null) return [];
  const { allowed, store, secret } = deployed;
  return [
    ...Object.entries({ MILLRACE_BUCKETS: allowed, ...store }).map(([name, value]) => ({ name, value })),
    ...(secret === null ? [] : credentialNames.map((name) => credentialVariable(name, secret))),
  ];
}

const credentialNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

function credentialVariable(name: (typeof credentialNames)[number], secret: string): EnvironmentVariable {
  const isOptional = name === 'AWS_SESSION_TOKEN' ? { optional: true } : {};
  return { name, valueFrom: { secretKeyRef: { name: secret, key: name, ...isOptional } } };
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
