import type { Profile, ProfileToleration } from '../../../catalog/profile.ts';
import { quantity } from './node-capacity.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ */
export interface SeenNode {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly taints?: readonly Taint[] };
  readonly status: { readonly allocatable?: Readonly<Record<string, string>> };
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** The nodes on which pods of a profile can run, or what none of them has. */
export type ProfileNodes = { readonly nodes: readonly SeenNode[] } | { readonly missing: string; readonly fix: string };

/** Applies what the scheduler requires, one filter after the other, for the default requests of the profile. */
export function nodesFor(profile: Profile, all: readonly SeenNode[]): ProfileNodes {
  let nodes = all;
  for (const { keeps, missing, fix } of filtersOf(profile)) {
    const left = nodes.filter(keeps);
    if (left.length === 0) return { missing, fix };
    nodes = left;
  }
  return { nodes };
}

interface Filter {
  readonly keeps: (node: SeenNode) => boolean;
  readonly missing: string;
  readonly fix: string;
}

function filtersOf({ pods, default: asked, gpuResource }: Profile): readonly Filter[] {
  const { nodeSelector, tolerations } = pods;
  const labels = Object.entries(nodeSelector).map(([name, value]) => `${name}=${value}`);
  const gpu = asked.gpu ?? 0;
  const amounts = [
    [gpuResource, gpu, `${gpu} ${gpuResource}`],
    ['cpu', asked.cpu ?? 0, `${asked.cpu} cores`],
    ['memory', asked.memory ?? 0, `${gibibytes(asked.memory ?? 0)} of memory`],
    ['ephemeral-storage', pods.ephemeralStorage ?? 0, `${gibibytes(pods.ephemeralStorage ?? 0)} of disk`],
  ] as const;
  return [
    {
      keeps: ({ metadata: { labels = {} } }) =>
        Object.entries(nodeSelector).every(([name, value]) => labels[name] === value),
      missing: `no node has the labels ${labels.join(', ')}`,
      fix: 'label a node, or correct nodeSelector',
    },
    {
      keeps: (node) => matchesAffinity(pods.affinity, node),
      missing: 'no node matches its node affinity',
      fix: 'label a node, or correct affinity',
    },
    ...amounts.map(([resource, amount, words]) => ({
      keeps: ({ status }: SeenNode) => quantity(status.allocatable?.[resource]) >= amount,
      missing: `no node that it selects has ${words}`,
      fix: 'lower its default, or add a larger node',
    })),
    {
      keeps: ({ spec }) => (spec?.taints ?? []).every((taint) => isTolerated(taint, tolerations, gpu)),
      missing: 'it does not tolerate the taints of the nodes that it selects',
      fix: 'add their taints to tolerations; kubectl describe nodes shows them',
    },
  ];
}

const gibibytes = (bytes: number) => `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB`;

/** Pods that request a GPU tolerate NVIDIA's taint: `gpuTolerations` of the deployment. */
function isTolerated({ key, value = '', effect }: Taint, tolerations: readonly ProfileToleration[], gpu: number) {
  if (effect === 'PreferNoSchedule' || (gpu > 0 && key === 'nvidia.com/gpu' && effect === 'NoSchedule')) return true;
  return tolerations.some(
    (each) =>
      (each.key === undefined || each.key === key) &&
      (each.effect === undefined || each.effect === effect) &&
      (each.operator === 'Exists' || (each.value ?? '') === value),
  );
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}

interface NodeAffinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeTerm[] };
  };
}

/** One of the terms must match as a whole. Affinity to pods depends on what runs. */
function matchesAffinity(affinity: NodeAffinity | null, { metadata: { name, labels = {} } }: SeenNode): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return true;
  return terms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((each) => matches(each, labels)) &&
      matchFields.every((each) => matches(each, { 'metadata.name': name })),
  );
}

function matches({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    default:
      return Number(value) < Number(values[0]);
  }
}
