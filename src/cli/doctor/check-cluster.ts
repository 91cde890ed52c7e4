import type { Profile } from '../../catalog/profile.ts';
import { readDeployment } from '../../engine/argo/config.ts';
import { connectKubernetes } from '../../engine/argo/kubernetes/kubernetes-api.ts';
import { hasStatus, KubernetesError } from '../../engine/argo/kubernetes/kubernetes-error.ts';
import { MillraceError } from '../../errors.ts';
import { type DatasourceNamespace, readNamespaces } from '../../service/namespaces.ts';
import { readProfiles } from '../../service/profiles.ts';
import type { Deployment } from '../../workflow/workflow.ts';
import { type Check, check, type Skipped, type Warning } from './check.ts';
import { checkPermissions, mayDo } from './check-permissions.ts';
import { checkProfiles } from './check-profiles.ts';
import { type Cluster, openCluster, skippedIfForbidden } from './cluster.ts';

/** Checks what the engine argo needs. Ends early if Kubernetes does not answer. */
export async function* checkCluster(environment: NodeJS.ProcessEnv, schema: string): AsyncGenerator<Check> {
  const configured: { deployment?: Deployment; cluster?: Cluster } = {};
  const profiles: Profile[] = [];
  if (environment.MILLRACE_SERVER_CONFIG) {
    yield check('profiles', async () => {
      profiles.push(...(await readProfiles(environment)));
      return profiles.length === 0 ? 'none' : profiles.map(({ name }) => name).join(', ');
    });
  }
  yield check('worker image', () => {
    configured.deployment = readDeployment(environment, schema, profiles);
    return pinned(configured.deployment.workerImage);
  });
  if (environment.MILLRACE_GPU_WORKER_IMAGE)
    yield check('gpu worker image', () => pinned(environment.MILLRACE_GPU_WORKER_IMAGE!));
  const namespace = configured.deployment?.namespace ?? (environment.MILLRACE_NAMESPACE || 'millrace');
  const reached = await check('kubernetes', async () => {
    configured.cluster = openCluster(await connectKubernetes());
    const { gitVersion } = await configured.cluster.get<{ gitVersion: string }>('/version');
    return gitVersion;
  });
  yield reached;
  if (reached.state !== 'ok') return;
  yield* checkInside(configured.cluster!, namespace, configured.deployment ?? null);
  yield* checkProfiles(configured.cluster!, profiles);
  for (const other of await readNamespaces(environment)) {
    if (other.namespace !== namespace) yield* checkOther(configured.cluster!, other);
  }
}

/** The namespace of a datasource. */
async function* checkOther(cluster: Cluster, { namespace, serviceAccount }: DatasourceNamespace) {
  yield check(`namespace ${namespace}`, () => checkNamespace(cluster, namespace));
  yield* checkPermissions(cluster, namespace, ` in ${namespace}`);
  yield check(`account in ${namespace}`, () => checkAccount(cluster, namespace, serviceAccount));
  yield check(`token in ${namespace}`, () => checkToken(cluster, namespace, serviceAccount));
}

async function* checkInside(cluster: Cluster, namespace: string, deployment: Deployment | null): AsyncGenerator<Check> {
  yield check('namespace', () => checkNamespace(cluster, namespace));
  yield check('argo workflows', () => checkArgo(cluster));
  yield check('argo controller', () => checkController(cluster, namespace));
  yield check('argo pace', () => checkPace(cluster, namespace));
  yield* checkPermissions(cluster, namespace);
  if (deployment !== null) {
    const { serviceAccount, datasource } = deployment;
    yield check('datasource secret', () => checkSecret(cluster, namespace, datasource));
    yield check('service account', () => checkAccount(cluster, namespace, serviceAccount));
    yield check('executor token', () => checkToken(cluster, namespace, serviceAccount));
  }
  for (const claim of ['datasets', 'models'])
    yield check(`claim ${claim}`, () => checkClaim(cluster, namespace, claim));
  yield check('gpu nodes', () => checkGpus(cluster, deployment));
}

function pinned(image: string): string {
  if (image.includes('@') || /:(?!latest$)[\w.-]+$/.test(image)) return image;
  throw new MillraceError('WORKER_IMAGE_MISSING', `${image} has no version, so each node may run a different image`, {
    hint: 'name a version in MILLRACE_WORKER_IMAGE: …/worker:0.1.0',
  });
}

/** Reading a namespace requires a right of its own; without it, the check is skipped. */
async function checkNamespace(cluster: Cluster, namespace: string): Promise<string | Skipped> {
  try {
    await cluster.get(`/api/v1/namespaces/${namespace}`);
    return namespace;
  } catch (error) {
    if (hasStatus(error, 404)) {
      throw new MillraceError('NAMESPACE_MISSING', `the namespace ${namespace} does not exist`, {
        hint: 'install the chart of deploy/, or name another in MILLRACE_NAMESPACE',
      });
    }
    return skippedIfForbidden(error, `see the namespace ${namespace}`);
  }
}

async function checkArgo(cluster: Cluster): Promise<string> {
  const group = await cluster
    .get<{ resources: readonly { name: string }[] }>('/apis/argoproj.io/v1alpha1')
    .catch((error) => {
      if (error instanceof KubernetesError && error.status === 404) return null;
      throw error;
    });
  const names = group?.resources.map(({ name }) => name) ?? [];
  const missing = ['workflows', 'workflowtaskresults'].filter((name) => !names.includes(name));
  if (missing.length === 0) return 'argoproj.io/v1alpha1';
  throw new MillraceError('ARGO_MISSING', `the cluster has no CRDs for Argo's ${missing.join(' and ')}`, {
    hint: 'install Argo Workflows 4.1 or later with its CRDs',
  });
}

interface Lease {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly renewTime?: string; readonly leaseDurationSeconds?: number };
}

/** The controller's leader renews a lease: https://argo-workflows.readthedocs.io/en/latest/high-availability/ */
async function checkController(cluster: Cluster, namespace: string): Promise<string | Skipped> {
  const query = { fieldSelector: 'metadata.name=workflow-controller' };
  const leases = await firstAllowed<{ items: readonly Lease[] }>(cluster, query, [
    '/apis/coordination.k8s.io/v1/leases',
    `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  ]);
  if (leases === null) return { skipped: 'the account may not list leases' };
  const lease = leases.items.find(isHeld);
  if (lease !== undefined) return `runs in ${lease.metadata.namespace}`;
  if (leases.items.length === 0) return { skipped: 'no controller holds a lease; one may run without leader election' };
  throw new MillraceError('ARGO_MISSING', "Argo's controller is not running: its lease is not renewed", {
    hint: 'kubectl get pods -A -l app=workflow-controller',
  });
}

function isHeld({ spec: { renewTime, leaseDurationSeconds = 15 } }: Lease): boolean {
  return renewTime !== undefined && Date.now() - Date.parse(renewTime) < (leaseDurationSeconds + 30) * 1000;
}

interface Controller {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** How soon the controller processes a workflow again: https://argo-workflows.readthedocs.io/en/latest/environment-variables/ */
async function checkPace(cluster: Cluster, namespace: string): Promise<string | Skipped> {
  const query = { fieldSelector: 'metadata.name=workflow-controller' };
  const found = await firstAllowed<{ items: readonly Controller[] }>(cluster, query, [
    '/apis/apps/v1/deployments',
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
  ]);
  const containers = found?.items.flatMap(({ spec }) => spec.template.spec.containers) ?? [];
  if (containers.length === 0)
    return { skipped: "the controller's Deployment is not visible to the account or has another name" };
  const set = containers.flatMap(({ env = [] }) => env).find(({ name }) => name === 'DEFAULT_REQUEUE_TIME')?.value;
  if (set !== undefined) return `processes a workflow again after ${set}`;
  return {
    skipped:
      'each step waits up to 10 s; to shorten this, set DEFAULT_REQUEUE_TIME=1s for the controller (deploy/README.md)',
  };
}

/** Argo's executor uses this token if pods themselves have none: util/secrets/secret_name.go of Argo Workflows. */
async function checkToken(cluster: Cluster, namespace: string, account: string): Promise<string | Skipped> {
  if (!(await mayDo(cluster, { namespace, group: '', resource: 'secrets', verb: 'get' }))) {
    return { skipped: 'the account may not read secrets' };
  }
  const name = `${account}.service-account-token`;
  await find(cluster, namespace, 'secrets', name);
  return name;
}

async function firstAllowed<T>(
  cluster: Cluster,
  query: Readonly<Record<string, string>>,
  paths: readonly string[],
): Promise<T | null> {
  for (const path of paths) {
    try {
      return await cluster.get<T>(path, query);
    } catch (error) {
      if (!hasStatus(error, 403)) throw error;
    }
  }
  return null;
}

/** The server does not need the right to read secrets, so the check is skipped without it. */
async function checkSecret(
  cluster: Cluster,
  namespace: string,
  { secret, key }: Deployment['datasource'],
): Promise<string | Skipped> {
  if (!(await mayDo(cluster, { namespace, group: '', resource: 'secrets', verb: 'get' }))) {
    return { skipped: `the account may not read the secret ${secret}` };
  }
  const { data = {} } = await find<{ data?: Record<string, string> }>(cluster, namespace, 'secrets', secret);
  if (Object.hasOwn(data, key)) return `${secret}, key ${key}`;
  throw new MillraceError('POD_NOT_STARTED', `the secret ${secret} has no key ${key}`, {
    hint: `store the database's DSN under this key, or name another secret in MILLRACE_DATASOURCE_SECRET`,
  });
}

async function checkAccount(cluster: Cluster, namespace: string, account: string): Promise<string | Skipped> {
  try {
    await find(cluster, namespace, 'serviceaccounts', account);
    return account;
  } catch (error) {
    return skippedIfForbidden(error, `see the service account ${account}`);
  }
}

async function checkClaim(cluster: Cluster, namespace: string, claim: string): Promise<string | Skipped> {
  try {
    const found = await find<{ status?: { phase?: string } }>(cluster, namespace, 'persistentvolumeclaims', claim);
    const phase = found.status?.phase ?? 'Pending';
    if (phase === 'Bound') return 'bound';
    throw new MillraceError('POD_NOT_STARTED', `the claim ${claim} is ${phase.toLowerCase()}, not bound`, {
      hint: `run kubectl describe pvc ${claim} -n ${namespace} to see the reason`,
    });
  } catch (error) {
    return skippedIfForbidden(error, `see the claim ${claim}`);
  }
}

interface Node {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status: { readonly capacity?: Quantities; readonly allocatable?: Quantities };
}

type Quantities = Readonly<Record<string, string>>;

async function checkGpus(cluster: Cluster, deployment: Deployment | null): Promise<string | Skipped | Warning> {
  try {
    const { items } = await cluster.get<{ items: readonly Node[] }>('/api/v1/nodes');
    return describeGpus(items, deployment);
  } catch (error) {
    return skippedIfForbidden(error, 'see the nodes');
  }
}

function describeGpus(nodes: readonly Node[], deployment: Deployment | null): string | Skipped | Warning {
  const unused = nodes.filter((node) => hasGpuHardware(node) && gpusOf(node.status.capacity) === 0);
  if (unused.length > 0) {
    return {
      warning: `${unused.map(({ metadata }) => metadata.name).join(', ')}: an NVIDIA GPU that pods cannot request`,
      fix: "install NVIDIA's device plugin or GPU operator; see kubectl get pods -A -o wide for its pods on these nodes",
    };
  }
  const capacity = sum(nodes.map(({ status }) => gpusOf(status.capacity ?? status.allocatable)));
  const total = sum(nodes.map(({ status }) => gpusOf(status.allocatable)));
  if (capacity > total) {
    return {
      warning: `${capacity - total} of ${capacity} GPUs are unhealthy`,
      fix: 'see kubectl describe nodes, and the logs of the device plugin',
    };
  }
  if (total === 0) return { skipped: `none of ${nodes.length} nodes has a GPU; statements run on CPUs (WITH gpu = 0)` };
  const withGpus = nodes.filter(({ status }) => gpusOf(status.allocatable) > 0);
  const found = `${total} GPUs on ${withGpus.length} of ${nodes.length} nodes`;
  if (deployment === null || deployment.gpuWorkerImage !== deployment.workerImage) return found;
  return `${found}; ${deployment.workerImage} must be an image with CUDA, because MILLRACE_GPU_WORKER_IMAGE is not set`;
}

function gpusOf(quantities: Quantities = {}): number {
  return Number(quantities['nvidia.com/gpu'] ?? 0);
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** Labels of GPU and node feature discovery: https://github.com/NVIDIA/k8s-device-plugin/tree/main/docs/gpu-feature-discovery. 10de is NVIDIA. */
function hasGpuHardware({ metadata: { labels = {} } }: Node): boolean {
  return Object.entries(labels).some(
    ([label, value]) =>
      value === 'true' &&
      (label === 'nvidia.com/gpu.present' ||
        (label.startsWith('feature.node.kubernetes.io/pci-03') && label.endsWith('10de.present'))),
  );
}

async function find<T>(cluster: Cluster, namespace: string, kind: string, name: string): Promise<T> {
  try {
    return await cluster.get<T>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    throw new MillraceError('POD_NOT_STARTED', `${kind.replace(/s$/, '')} ${name} does not exist in ${namespace}`, {
      hint: 'install the chart of deploy/, or create it yourself (deploy/README.md)',
    });
  }
}
