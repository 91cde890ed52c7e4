import { expect, it } from 'vitest';
import type { Profile } from '../../../../src/catalog/profile.ts';
import { nodesFor, type SeenNode } from '../../../../src/engine/argo/kubernetes/profile-nodes.ts';
import { deployment } from '../../../workflow/deployment.ts';

const plain = deployment.profiles.find(({ name }) => name === 'amd')!;
const mig = 'nvidia.com/mig-1g.10gb';

const small: SeenNode = {
  metadata: { name: 'small', labels: { zone: 'a' } },
  status: { allocatable: { cpu: '3900m', memory: '7Gi', 'ephemeral-storage': '10Gi' } },
};
const gpus: SeenNode = {
  metadata: { name: 'gpus', labels: { zone: 'b', generation: '9' } },
  spec: { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] },
  status: { allocatable: { cpu: '64', memory: '512Gi', 'ephemeral-storage': '1Ti', [mig]: '7' } },
};
const spot: SeenNode = {
  metadata: { name: 'spot', labels: { zone: 'c' } },
  spec: { taints: [{ key: 'spot', value: 'yes', effect: 'NoExecute' }] },
  status: small.status,
};

function found(changes: Partial<Profile>, pods: Partial<Profile['pods']> = {}) {
  const answer = nodesFor({ ...plain, ...changes, pods: { ...plain.pods, ...pods } }, [small, gpus, spot]);
  return 'nodes' in answer ? answer.nodes.map(({ metadata }) => metadata.name) : answer.missing;
}

const asks = (resources: Partial<Profile['default']>) => ({ gpu: null, cpu: null, memory: null, ...resources });
const affinity = (key: string, operator: string, ...values: string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
    },
  },
});

it.each([
  ['nothing', {}, {}, ['small']],
  ['a slice of a GPU', { gpuResource: mig, default: asks({ gpu: 2 }) }, {}, ['gpus']],
  ['a tolerated taint', {}, { tolerations: [{ key: 'spot', value: 'yes' }] }, ['small', 'spot']],
  ['all taints', {}, { tolerations: [{ operator: 'Exists' as const }] }, ['small', 'gpus', 'spot']],
  ['a label', {}, { nodeSelector: { zone: 'a' } }, ['small']],
  ['an affinity', {}, { affinity: affinity('zone', 'In', 'a', 'b') }, ['small']],
  [
    'an affinity to newer nodes',
    { gpuResource: mig, default: asks({ gpu: 1 }) },
    { affinity: affinity('generation', 'Gt', '8') },
    ['gpus'],
  ],
  ['another zone', {}, { nodeSelector: { zone: 'z' } }, 'no node has the labels zone=z'],
  ['no such label', {}, { affinity: affinity('zone', 'DoesNotExist') }, 'no node matches its node affinity'],
  ['eight slices', { gpuResource: mig, default: asks({ gpu: 8 }) }, {}, `no node that it selects has 8 ${mig}`],
  [
    'much memory in a zone',
    { default: asks({ memory: 2 ** 34 }) },
    { nodeSelector: { zone: 'a' } },
    'no node that it selects has 16 GiB of memory',
  ],
  ['much disk', {}, { ephemeralStorage: 2 ** 42 }, 'no node that it selects has 4096 GiB of disk'],
  [
    'a taint that it does not tolerate',
    {},
    { nodeSelector: { zone: 'c' }, tolerations: [{ key: 'spot', value: 'no' }] },
    'it does not tolerate the taints of the nodes that it selects',
  ],
])(
  'a profile with %s runs on the nodes that the scheduler would choose, or what is missing is named',
  (_, changes, pods, expected) => {
    expect(found(changes, pods)).toEqual(expected);
  },
);
