import { dump } from 'js-yaml';
import { type KubernetesObject, readManifest } from '../deploy/read-manifest.ts';
import { kubectl } from './kubectl.ts';

/** The namespace of deploy/install.yaml, under another name. */
export function installNamespace(namespace: string): void {
  apply(inNamespace(installed('Namespace'), namespace));
}

/** A service account of deploy/install.yaml, with its rights and its token. */
export function installAccount(account: string, namespace: string): void {
  const objects = installed('ServiceAccount', 'Role', 'RoleBinding', 'Secret').filter(
    ({ metadata }) => metadata.name === account || metadata.name === `${account}.service-account-token`,
  );
  apply(inNamespace(objects, namespace));
}

/** The objects of deploy/ in the namespace millrace. */
export function inNamespace(objects: readonly KubernetesObject[], namespace: string): readonly KubernetesObject[] {
  const moved = JSON.parse(
    JSON.stringify(objects, (key, value) => (key === 'namespace' && value === 'millrace' ? namespace : value)),
  );
  return moved.map((object: KubernetesObject) =>
    object.kind === 'Namespace' ? { ...object, metadata: { ...object.metadata, name: namespace } } : object,
  );
}

export function yaml(objects: readonly object[]): string {
  return objects.map((object) => dump(object)).join('---\n');
}

export function apply(objects: readonly object[]): void {
  kubectl(['apply', '--server-side', '--filename=-'], yaml(objects));
}

function installed(...kinds: readonly string[]): readonly KubernetesObject[] {
  return readManifest('install.yaml').filter(({ kind }) => kinds.includes(kind));
}
