import { describe, expect, test } from 'vitest';
import { placeOf, waitingPods } from '../../../../src/engine/argo/status/pending-pods.ts';
import { observed } from '../observed.ts';

function waitingFor(message: string) {
  const { workflow, nodes } = observed([
    { name: 'w.step-1.partition(3:3)(0)', phase: 'Pending', message, startedAt: '2026-11-21T11:00:02Z' },
  ]);
  return waitingPods(workflow, nodes);
}

test.each([
  ['image', 'ImagePullBackOff: Back-off pulling image "nope:1"', 'the image nope:1 cannot be pulled'],
  [
    'image',
    'ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nope:1": not found',
    'the image docker.io/library/nope:1 cannot be pulled',
  ],
  [
    'image',
    'ErrImageNeverPull: Container image "nope:1" is not present with pull policy of Never',
    'the image nope:1 cannot be pulled',
  ],
  [
    'image',
    "InvalidImageName: couldn't parse image reference",
    "the image cannot be pulled: couldn't parse image reference",
  ],
  ['image', 'ImagePullBackOff', 'the image cannot be pulled'],
  [
    'gpu',
    'Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    'no node has enough free GPUs',
  ],
  [
    'gpu',
    'Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/mig-1g.10gb. preemption: 0/3 nodes are available.',
    'no node has enough free nvidia.com/mig-1g.10gb',
  ],
  [
    'gpu',
    'Unschedulable: 0/3 nodes are available: 1 Insufficient nvidia.com/gpu.shared, 2 Insufficient cpu.',
    'no node has enough free nvidia.com/gpu.shared',
  ],
  [
    'places',
    'Waiting for millrace/ConfigMap/millrace-places/a100-mig lock. Lock status: 0/8',
    'the profile a100-mig has no free place (8 in all)',
  ],
  [
    'quota',
    'pods "w-1" is forbidden: exceeded quota: gpus, requested: limits.memory=4Gi,requests.nvidia.com/gpu=2, used: limits.memory=1Gi,requests.nvidia.com/gpu=1, limited: limits.memory=4Gi,requests.nvidia.com/gpu=2',
    "the namespace's quota gpus is used up (limits.memory: 1Gi of 4Gi are used, and the pod requests 4Gi; requests.nvidia.com/gpu: 1 of 2 are used, and the pod requests 2)",
  ],
  [
    'queue',
    'SchedulingGated: Scheduling is blocked due to non-empty scheduling gates',
    'its queue has not admitted it yet',
  ],
  ['room', 'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.', 'no node has enough free cpu'],
  [
    'room',
    'Unschedulable: 0/1 nodes are available: 1 Too many pods, 1 Insufficient pods.',
    'no node has enough free room for pods',
  ],
  [
    'node',
    "Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    'no node matches its node selector and tolerations',
  ],
  [
    'claim',
    'Unschedulable: 0/1 nodes are available: persistentvolumeclaim "datasets" not found.',
    'the PersistentVolumeClaim datasets does not exist',
  ],
  [
    'claim',
    'Unschedulable: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
    'a PersistentVolumeClaim is not bound to a volume that a node can mount',
  ],
  ['secret', 'CreateContainerConfigError: secret "database" not found', 'the secret database does not exist'],
  [
    'secret',
    "CreateContainerConfigError: couldn't find key dsn in Secret millrace/database",
    'the secret millrace/database has no key dsn',
  ],
  [
    'secret',
    'CreateContainerConfigError: failed to sync secret cache: timed out waiting for the condition',
    'its node has not received its secrets yet',
  ],
  [
    'quota',
    'pods "w-1" is forbidden: exceeded quota: small, requested: cpu=1',
    "the namespace's quota small is used up",
  ],
  ['other', 'Unschedulable: 0/1 nodes are available: something new', '0/1 nodes are available: something new'],
] as const)('a pod waits for: %s, as of %j', (reason, message, words) => {
  expect(waitingFor(message)).toMatchObject([
    { step: 'step-1', source: 'partition-3', since: '2026-11-21T11:00:02Z', reason, message: words },
  ]);
});

test.each(['', 'ContainerCreating', 'PodInitializing', 'PodInitializing: waiting'])(
  'a pod that is just starting (%j) does not wait',
  (message) => {
    expect(waitingFor(message)).toEqual([]);
  },
);

test('only pending pods are waiting', () => {
  const message = 'ImagePullBackOff';
  const { workflow, nodes } = observed([
    { name: 'w.step-1.prepare(0)', phase: 'Failed', message },
    { name: 'w.step-1.prepare', type: 'Retry', phase: 'Pending', message, children: ['w.step-1.prepare(0)'] },
  ]);
  expect(waitingPods(workflow, nodes)).toEqual([]);
});

describe('the place of', () => {
  test.each([
    ['w.step-1.partition(2:12)(2)', { step: 'step-1', source: 'partition-12' }],
    ['w.step-1.partition(12:12)', { step: 'step-1', source: 'partition-12' }],
    ['w.step-1.worker(2:2)(1)', { step: 'step-1', source: 'worker-2' }],
    ['w.step-1.prepare(0)', { step: 'step-1', source: 'prepare' }],
    ['w.step-2(0)', { step: 'step-2', source: 'statement' }],
    ['w', null],
    ['w-other.step-1', null],
    ['w.onExit.a.b.c', null],
  ])('%s', (name, place) => {
    expect(placeOf({ name }, 'w')).toEqual(place);
  });
});
