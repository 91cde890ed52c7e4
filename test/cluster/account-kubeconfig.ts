import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestCluster } from './use-cluster.ts';

/** Writes a kubeconfig for an account in the namespace. @returns its path */
export async function accountKubeconfig(
  { core, namespace, kubeconfig }: Pick<TestCluster, 'core' | 'namespace' | 'kubeconfig'>,
  name: string,
  folder: string,
): Promise<string> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body });
  const file = join(folder, `${name}.kubeconfig`);
  const { server, caData, caFile } = kubeconfig.getCurrentCluster()!;
  const authority =
    caData === undefined ? { 'certificate-authority': caFile } : { 'certificate-authority-data': caData };
  await writeFile(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server, ...authority } }],
      users: [{ name: 'u', user: { token: status!.token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return file;
}
