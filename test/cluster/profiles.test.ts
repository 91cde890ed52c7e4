import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Profile } from '../../src/catalog/profile.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ForeignStep, Plan } from '../../src/plan/plan.ts';
import { kubectl } from './kubectl.ts';
import { apply } from './manifests.ts';
import { useCluster } from './use-cluster.ts';

const unique = `millrace-test-${randomBytes(4).toString('hex')}`;
/** A fake device, of which the node has two. */
const device = 'example.com/mig-1g.10gb';
const nothing = { gpu: null, cpu: null, memory: null };

const plain: Profile = {
  name: 'plain',
  description: null,
  roles: null,
  gpuResource: device,
  default: nothing,
  greatest: nothing,
  parallelism: null,
  pendingSeconds: null,
  pods: {
    image: null,
    nodeSelector: {},
    tolerations: [],
    affinity: null,
    priorityClass: null,
    runtimeClass: null,
    serviceAccount: null,
    ephemeralStorage: null,
    queue: null,
    places: null,
    spot: false,
  },
};

const whole: Profile = {
  ...plain,
  name: 'whole',
  pods: {
    ...plain.pods,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'spot', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'Exists' }] }],
        },
      },
    },
    priorityClass: unique,
    runtimeClass: unique,
    serviceAccount: 'devices',
    ephemeralStorage: 2 ** 26,
    queue: 'team-a',
    spot: true,
  },
};

const one: Profile = { ...plain, name: 'one', pods: { ...plain.pods, places: 1 } };
const wrong: Profile = { ...plain, name: 'wrong', pods: { ...plain.pods, priorityClass: 'nowhere' } };

/** The stand-in for Argo has neither podSpecPatch nor semaphores. */
const onArgo = it.skipIf(!process.env.MILLRACE_CLUSTER_ARGO);

describe('a profile (partly skipped where MILLRACE_CLUSTER_ARGO has no programs of Argo)', () => {
  const cluster = useCluster();
  let engine: Engine;

  beforeAll(async () => {
    const [node] = (await cluster.core.listNode()).items;
    const add = ['capacity', 'allocatable'].map((part) => ({
      op: 'add',
      path: `/status/${part}/${device.replace('/', '~1')}`,
      value: '2',
    }));
    const name = node!.metadata!.name!;
    kubectl(['patch', 'node', name, '--subresource=status', '--type=json', `--patch=${JSON.stringify(add)}`]);
    const metadata = { name: unique };
    apply([
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata, value: 7 },
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata, handler: 'runc' },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'devices', namespace: cluster.namespace } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'millrace-places', namespace: cluster.namespace },
        data: { one: '1' },
      },
    ]);
    engine = await cluster.engineWith({}, undefined, undefined, [plain, whole, one, wrong]);
  });

  afterAll(() => {
    kubectl(['delete', `priorityclass/${unique}`, `runtimeclass/${unique}`]);
  });

  /** Submits a program that runs for some seconds, and exits as the worker does when it is asked to stop. */
  async function start(profile: Profile, attributes: string, changes: Partial<ForeignStep> = {}, seconds = 1) {
    const script = `process.once("SIGTERM", () => process.exit(143)); setTimeout(() => {}, ${seconds * 1000})`;
    const text = `SELECT 1 TO RUN millrace/worker CMD 'node', '-e', '${script}' WITH ${attributes} INTO nothing;`;
    const planned = cluster.planForeign(text);
    const named = { name: profile.name, facts: [], withoutEffect: [] };
    const steps = planned.steps.map((step) => ({ ...step, ...changes, profile: named }));
    const submission = cluster.submission(text, { ...planned, steps } as Plan);
    await engine.submit(submission);
    return submission.id;
  }

  onArgo('sets what its pods request, and where and how they run', async () => {
    const id = await start(whole, 'gpu = 1');
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
    const [pod] = await cluster.pods(id);
    expect(pod?.metadata?.labels).toMatchObject({ 'kueue.x-k8s.io/queue-name': 'team-a' });
    expect(pod?.spec).toMatchObject({
      nodeSelector: whole.pods.nodeSelector,
      tolerations: expect.arrayContaining([...whole.pods.tolerations]),
      affinity: whole.pods.affinity,
      priorityClassName: unique,
      priority: 7,
      runtimeClassName: unique,
      serviceAccountName: 'devices',
    });
    const main = pod?.spec?.containers.find(({ name }) => name === 'main');
    expect(main?.resources).toMatchObject({
      limits: { [device]: '1', 'ephemeral-storage': '64Mi' },
      requests: { [device]: '1', 'ephemeral-storage': '64Mi' },
    });
    // The command has no token for the Kubernetes API, whatever its account may do.
    expect(main?.volumeMounts?.map(({ mountPath }) => mountPath)).not.toContain(
      '/var/run/secrets/kubernetes.io/serviceaccount',
    );
  });

  onArgo('whose places are taken lets pods wait, and says so', async () => {
    const first = await start(one, 'retries = 0', {}, 20);
    await cluster.when(first, ({ steps: [step] }) => step?.partitions[0]?.state === 'running', engine);
    const second = await start(one, 'retries = 0');
    const told = await cluster.when(second, ({ error }) => error !== null, engine);
    expect(told).toMatchObject({
      state: 'running',
      error: {
        code: 'NOT_SCHEDULED',
        message: 'statement of step-1 cannot start: the profile one has no free place (1 in all)',
      },
    });
    expect(await cluster.pods(second)).toEqual([]);
    for (const id of [first, second]) expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded' });
  });

  it('with a pending timeout fails a statement whose pod waits longer, and leaves no pod', async () => {
    const id = await start(plain, 'gpu = 9', { pendingSeconds: 20 });
    const error = {
      code: 'PENDING_TIMEOUT',
      message: `statement of step-1 waited longer than 20 s before it ran: no node has enough free ${device}`,
    };
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'failed', error, steps: [{ error }] });
    await cluster.noPodsLeft(id);
  });

  it('that names what the cluster does not have fails the statement with words', async () => {
    const id = await start(wrong, 'retries = 0');
    expect(await cluster.ended(id, engine)).toMatchObject({
      state: 'failed',
      error: { message: 'a pod of step-1 was rejected: the priority class nowhere does not exist' },
    });
  });

  it('does not change that a pod which its node takes away is not a retry of the user', async () => {
    const id = await start(plain, 'retries = 0', {}, 15);
    await cluster.when(id, ({ steps: [step] }) => step?.partitions[0]?.state === 'running', engine);
    const [pod] = await cluster.pods(id);
    const { name = '' } = pod?.metadata ?? {};
    const { namespace } = cluster;
    // As kubectl drain does it.
    await cluster.core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
    expect(await cluster.ended(id, engine)).toMatchObject({ state: 'succeeded', error: null });
    const workflows = (await cluster.pods(id)).map(
      ({ metadata }) => metadata?.labels?.['workflows.argoproj.io/workflow'],
    );
    expect(new Set(workflows)).toContain(`millrace-${id}-2`);
  });
});
