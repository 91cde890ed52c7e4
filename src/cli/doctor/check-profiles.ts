import type { Profile } from '../../catalog/profile.ts';
import { nodesFor, type SeenNode } from '../../engine/argo/kubernetes/profile-nodes.ts';
import { type Check, check, type Skipped, type Warning } from './check.ts';
import { type Cluster, skippedIfForbidden } from './cluster.ts';

/** Whether the pods of each profile can ever be scheduled on the nodes that the cluster has now. */
export async function* checkProfiles(cluster: Cluster, profiles: readonly Profile[]): AsyncGenerator<Check> {
  for (const profile of profiles) yield check(`profile ${profile.name}`, () => checkProfile(cluster, profile));
}

async function checkProfile(cluster: Cluster, profile: Profile): Promise<string | Skipped | Warning> {
  try {
    const { items } = await cluster.get<{ items: readonly SeenNode[] }>('/api/v1/nodes');
    const found = nodesFor(profile, items);
    if ('nodes' in found) return `can run on ${found.nodes.length} of ${items.length} nodes${settingsOf(profile)}`;
    const warning = `its pods can never be scheduled on the nodes of now: ${found.missing}`;
    return { warning, fix: `${found.fix}; ignore this if an autoscaler adds such nodes` };
  } catch (error) {
    return skippedIfForbidden(error, 'see the nodes (server.seesNodes of the chart)');
  }
}

function settingsOf({ pods: { queue, places, spot } }: Profile): string {
  const parts = [
    queue === null ? null : `queue ${queue}`,
    places === null ? null : `at most ${places} pods at once`,
    spot ? 'spot nodes' : null,
  ];
  return parts
    .filter((part) => part !== null)
    .map((part) => `; ${part}`)
    .join('');
}
