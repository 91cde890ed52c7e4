import { defaultGpuResource } from '../../../catalog/profile.ts';
import { byteUnits } from '../../../plan/attribute-values.ts';
import type { Resources } from '../../../plan/plan.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { KubernetesError } from './kubernetes-error.ts';

/** Maximum amount of each resource that a single node offers to pods, by the resource's name; in cores, bytes and devices. */
export type Capacity = Readonly<Record<string, number>>;

interface Node {
  readonly status: { readonly allocatable?: Readonly<Record<string, string>> };
}

const keptMs = 60_000;

/** @returns the capacity of the largest nodes, read at most once a minute; null if the account may not list nodes */
export function openCapacity(api: KubernetesApi): () => Promise<Capacity | null> {
  let known: { readonly at: number; readonly capacity: Promise<Capacity | null> } | null = null;
  return () => {
    if (known === null || performance.now() - known.at > keptMs) known = { at: performance.now(), capacity: ask(api) };
    return known.capacity;
  };
}

async function ask(api: KubernetesApi): Promise<Capacity | null> {
  try {
    const { items } = await api.json<{ items: readonly Node[] }>({ path: '/api/v1/nodes' });
    const most = new Map<string, number>();
    for (const { status } of items) {
      for (const [resource, amount] of Object.entries(status.allocatable ?? {})) {
        most.set(resource, Math.max(most.get(resource) ?? 0, quantity(amount)));
      }
    }
    return Object.fromEntries(most);
  } catch (error) {
    if (error instanceof KubernetesError) return null;
    throw error;
  }
}

/** `m` means thousandths, for example of a core. */
const units: Readonly<Record<string, number>> = { ...byteUnits, m: 0.001 };

/** Parses a quantity as the kubelet writes it: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function quantity(text = '0'): number {
  const number = Number.parseFloat(text);
  return number * (units[text.replace(/^[\d.]+/, '')] ?? 1);
}

/**
 * Describes a resource request that no node can satisfy; null: every request fits a node, or the capacity is unknown.
 * @param gpuResource what `gpu` counts
 */
export function beyondAllNodes(
  asked: Resources,
  gpuResource: string,
  capacity: Capacity | null,
): { message: string; hint: string } | null {
  if (capacity === null) return null;
  const most = { gpu: capacity[gpuResource] ?? 0, memory: capacity.memory ?? 0, cpu: capacity.cpu ?? 0 };
  const beyond = (['gpu', 'memory', 'cpu'] as const).find((name) => (asked[name] ?? 0) > most[name]);
  if (beyond === undefined) return null;
  const ofProfile = (count: number) => `${count} ${gpuResource}`;
  const devices = gpuResource === defaultGpuResource ? gpus : ofProfile;
  const words = { gpu: devices, memory: gibibytes, cpu: cores }[beyond];
  return {
    message: `no node has ${words(asked[beyond] ?? 0)}; the largest has ${words(most[beyond])}`,
    hint: `cancel the statement, and request less: WITH ${beyond} = …`,
  };
}

const gpus = (count: number) => (count === 0 ? 'no GPU' : `${count} GPU${count === 1 ? '' : 's'}`);
const gibibytes = (bytes: number) => `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB of memory`;
const cores = (count: number) => `${count} core${count === 1 ? '' : 's'}`;
