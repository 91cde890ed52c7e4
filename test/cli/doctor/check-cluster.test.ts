import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Check } from '../../../src/cli/doctor/check.ts';
import { checkCluster } from '../../../src/cli/doctor/check-cluster.ts';

// Stands for a Kubernetes API in states that a real one is not brought into; test/cluster/doctor.test.ts asks a real one.
const core = '/api/v1/namespaces/vision';
function controller(env: readonly object[]) {
  return { spec: { template: { spec: { containers: [{ env }] } } } };
}

const whole: Readonly<Record<string, unknown>> = {
  '/version': { gitVersion: 'v1.34.4' },
  [core]: {},
  '/apis/argoproj.io/v1alpha1': { resources: [{ name: 'workflows' }, { name: 'workflowtaskresults' }] },
  '/apis/coordination.k8s.io/v1/leases': { items: [] },
  '/apis/coordination.k8s.io/v1/namespaces/vision/leases': { items: [] },
  [`${core}/secrets/millrace-datasource`]: { data: { dsn: 'bXlzcWw=' } },
  [`${core}/serviceaccounts/workflow`]: {},
  [`${core}/secrets/workflow.service-account-token`]: {},
  '/apis/apps/v1/namespaces/vision/deployments': { items: [] },
  '/apis/apps/v1/deployments': { items: [controller([{ name: 'DEFAULT_REQUEUE_TIME', value: '1s' }])] },
  [`${core}/persistentvolumeclaims/datasets`]: { status: { phase: 'Bound' } },
  [`${core}/persistentvolumeclaims/models`]: { status: { phase: 'Bound' } },
  '/api/v1/nodes': { items: [{ metadata: { name: 'a' }, status: { allocatable: { 'nvidia.com/gpu': '4' } } }] },
};
const refused = Symbol('403');

let answers: Record<string, unknown>;
let forbiddenVerbs: readonly string[];
let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-doctor-'));
  server = createServer(async (request, response) => {
    const path = request.url!.split('?')[0]!;
    response.setHeader('content-type', 'application/json');
    if (path.endsWith('/selfsubjectaccessreviews')) {
      const { spec } = (await json(request)) as { spec: { resourceAttributes: { verb: string; resource: string } } };
      const { verb, resource } = spec.resourceAttributes;
      return response.end(JSON.stringify({ status: { allowed: !forbiddenVerbs.includes(`${verb} ${resource}`) } }));
    }
    const answer = answers[path];
    if (answer === undefined) return response.writeHead(404).end('{"reason":"NotFound","message":"not found"}');
    if (answer === refused) return response.writeHead(403).end('{"reason":"Forbidden","message":"forbidden"}');
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Without it, client-node refuses plain HTTP.
  const cluster = { server: url, 'insecure-skip-tls-verify': true };
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify(config));
  vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  answers = { ...whole };
  forbiddenVerbs = [];
});

async function checks(others: Readonly<Record<string, string>> = {}): Promise<ReadonlyMap<string, Check>> {
  const found = new Map<string, Check>();
  const environment = { MILLRACE_NAMESPACE: 'vision', MILLRACE_WORKER_IMAGE: 'example/worker:1', ...others };
  for await (const check of checkCluster(environment, 'millrace')) found.set(check.name, check);
  return found;
}

it('a cluster with everything passes all checks', async () => {
  const lease = { renewTime: new Date().toISOString(), leaseDurationSeconds: 15 };
  answers['/apis/coordination.k8s.io/v1/leases'] = { items: [{ metadata: { namespace: 'argo' }, spec: lease }] };
  expect([...(await checks()).values()].map(({ name, state, detail }) => `${state} ${name}: ${detail}`)).toEqual([
    'ok worker image: example/worker:1',
    'ok kubernetes: v1.34.4',
    'ok namespace: vision',
    'ok argo workflows: argoproj.io/v1alpha1',
    'ok argo controller: runs in argo',
    'ok argo pace: processes a workflow again after 1s',
    'ok may workflows: create, get, list, watch, patch',
    'ok may pods: list',
    'ok may pods/log: get',
    'ok datasource secret: millrace-datasource, key dsn',
    'ok service account: workflow',
    'ok executor token: workflow.service-account-token',
    'ok claim datasets: bound',
    'ok claim models: bound',
    'ok gpu nodes: 4 GPUs on 1 of 1 nodes; example/worker:1 must be an image with CUDA, because MILLRACE_GPU_WORKER_IMAGE is not set',
  ]);
});

it.each([
  ['namespace', { [core]: undefined }, 'the namespace vision does not exist', /MILLRACE_NAMESPACE/],
  [
    'argo workflows',
    { '/apis/argoproj.io/v1alpha1': undefined },
    "the cluster has no CRDs for Argo's workflows and workflowtaskresults",
    /install Argo Workflows/,
  ],
  [
    'argo controller',
    {
      '/apis/coordination.k8s.io/v1/leases': {
        items: [{ metadata: { namespace: 'argo' }, spec: { renewTime: '2020-01-01T00:00:00Z' } }],
      },
    },
    "Argo's controller is not running: its lease is not renewed",
    /kubectl get pods/,
  ],
  [
    'datasource secret',
    { [`${core}/secrets/millrace-datasource`]: { data: { other: '' } } },
    'the secret millrace-datasource has no key dsn',
    /MILLRACE_DATASOURCE_SECRET/,
  ],
  [
    'service account',
    { [`${core}/serviceaccounts/workflow`]: undefined },
    'serviceaccount workflow does not exist in vision',
    /deploy\//,
  ],
  [
    'claim models',
    { [`${core}/persistentvolumeclaims/models`]: { status: { phase: 'Pending' } } },
    'the claim models is pending, not bound',
    /kubectl describe pvc models -n vision/,
  ],
])('a wrong %s is reported', async (name, others, detail, fix) => {
  Object.assign(answers, others);
  expect((await checks()).get(name)).toEqual({ name, state: 'failed', detail, fix: expect.stringMatching(fix) });
});

it('the image for GPUs is named if it is set', async () => {
  const found = await checks({ MILLRACE_GPU_WORKER_IMAGE: 'example/worker:1-cuda' });
  expect(found.get('gpu worker image')).toMatchObject({ state: 'ok', detail: 'example/worker:1-cuda' });
  expect(found.get('gpu nodes')?.detail).toBe('4 GPUs on 1 of 1 nodes');
  const latest = await checks({ MILLRACE_GPU_WORKER_IMAGE: 'example/worker:latest' });
  expect(latest.get('gpu worker image')?.state).toBe('failed');
});

it.each([
  [
    { labels: { 'feature.node.kubernetes.io/pci-0302_10de.present': 'true' } },
    {},
    'a: an NVIDIA GPU that pods cannot request',
    /install NVIDIA's device plugin/,
  ],
  [
    {},
    { capacity: { 'nvidia.com/gpu': '4' }, allocatable: { 'nvidia.com/gpu': '3' } },
    '1 of 4 GPUs are unhealthy',
    /kubectl describe nodes/,
  ],
])('GPUs that pods cannot use are reported', async (metadata, status, detail, fix) => {
  answers['/api/v1/nodes'] = { items: [{ metadata: { name: 'a', ...metadata }, status }] };
  const expected = { name: 'gpu nodes', state: 'warning', detail, fix: expect.stringMatching(fix) };
  expect((await checks()).get('gpu nodes')).toEqual(expected);
});

it('a cluster without GPUs runs statements on CPUs', async () => {
  answers['/api/v1/nodes'] = { items: [{ metadata: { name: 'a' }, status: {} }] };
  expect((await checks()).get('gpu nodes')).toMatchObject({
    state: 'skipped',
    detail: 'none of 1 nodes has a GPU; statements run on CPUs (WITH gpu = 0)',
  });
});

it('a controller that makes each step wait is reported', async () => {
  answers['/apis/apps/v1/deployments'] = { items: [controller([])] };
  const { state, detail } = (await checks()).get('argo pace')!;
  expect([state, detail]).toEqual(['skipped', expect.stringContaining('DEFAULT_REQUEUE_TIME=1s')]);
});

it('missing rights are reported, with the rule that grants them', async () => {
  forbiddenVerbs = ['create workflows', 'patch workflows'];
  expect((await checks()).get('may workflows')).toEqual({
    name: 'may workflows',
    state: 'failed',
    detail: 'the account may not create, patch workflows in vision',
    fix: 'bind the account to a Role with apiGroups ["argoproj.io"], resources ["workflows"], verbs ["create", "patch"]',
  });
});

it('checks that the account is not allowed to do are skipped, not failed', async () => {
  for (const path of Object.keys(whole)) if (!/version|argoproj/.test(path)) answers[path] = refused;
  forbiddenVerbs = ['get secrets'];
  const states = [...(await checks()).values()].filter(({ state }) => state !== 'ok');
  expect(states.map(({ name, state }) => `${state} ${name}`)).toEqual([
    'skipped namespace',
    'skipped argo controller',
    'skipped argo pace',
    'skipped datasource secret',
    'skipped service account',
    'skipped executor token',
    'skipped claim datasets',
    'skipped claim models',
    'skipped gpu nodes',
  ]);
});

const profiles = `profiles:
  gpus: { default: { gpu: 1 }, places: 8 }
  mig: { resource: nvidia.com/mig-1g.10gb, default: { gpu: 1 } }
datasources:
  team: { namespace: team-a, serviceAccount: team-pods }
  here: { namespace: vision }
`;

async function withFile(text: string): Promise<{ MILLRACE_SERVER_CONFIG: string }> {
  const file = join(folder, 'server.yaml');
  await writeFile(file, text);
  return { MILLRACE_SERVER_CONFIG: file };
}

it('says of each profile whether its pods can ever be scheduled', async () => {
  const found = await checks(await withFile(profiles));
  expect(found.get('profiles')).toMatchObject({ state: 'ok', detail: 'gpus, mig' });
  expect(found.get('profile gpus')).toMatchObject({
    state: 'ok',
    detail: 'can run on 1 of 1 nodes; at most 8 pods at once',
  });
  expect(found.get('profile mig')).toMatchObject({
    state: 'warning',
    detail: 'its pods can never be scheduled on the nodes of now: no node that it selects has 1 nvidia.com/mig-1g.10gb',
    fix: 'lower its default, or add a larger node; ignore this if an autoscaler adds such nodes',
  });
  answers['/api/v1/nodes'] = refused;
  const blind = await checks(await withFile(profiles));
  expect(blind.get('profile mig')).toMatchObject({
    state: 'skipped',
    detail: 'the account may not see the nodes (server.seesNodes of the chart)',
  });
});

it('finds a profile that is written wrongly', async () => {
  const found = await checks(await withFile('profiles: { a: { places: none } }'));
  expect(found.get('profiles')).toMatchObject({ state: 'failed', fix: 'write a whole number from 1 to 100000' });
});

it('checks the namespaces of datasources, too', async () => {
  answers['/api/v1/namespaces/team-a'] = {};
  answers['/api/v1/namespaces/team-a/serviceaccounts/team-pods'] = {};
  answers['/api/v1/namespaces/team-a/secrets/team-pods.service-account-token'] = {};
  const found = await checks(await withFile(profiles));
  const names = [...found.keys()].filter((name) => name.includes('team-a'));
  expect(names).toEqual([
    'namespace team-a',
    'may workflows in team-a',
    'may pods in team-a',
    'may pods/log in team-a',
    'account in team-a',
    'token in team-a',
  ]);
  expect(names.filter((name) => found.get(name)?.state !== 'ok')).toEqual([]);
});
