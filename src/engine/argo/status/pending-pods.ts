import type { Nodes, ObservedWorkflow, WorkflowNode } from '../workflows/observed-workflow.ts';
import { quotaPattern, quotaWords } from './quota-words.ts';

/** What a pending pod is waiting for. */
export type WaitingFor =
  | 'image'
  | 'gpu'
  | 'room'
  | 'node'
  | 'claim'
  | 'secret'
  | 'quota'
  | 'places'
  | 'queue'
  | 'other';

export interface Waiting {
  readonly step: string;
  /** `prepare`, `worker-3`, `partition-3`, `finish`, `statement` */
  readonly source: string;
  readonly since: string;
  readonly reason: WaitingFor;
  readonly message: string;
  readonly hint: string;
}

interface Words {
  readonly reason: WaitingFor;
  readonly pattern: RegExp;
  readonly message: (found: RegExpExecArray) => string;
  readonly hint: string;
}

/** Translates what the kubelet, the scheduler and the API server write. The most specific come first. */
const words: readonly Words[] = [
  {
    reason: 'image',
    pattern:
      /^(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|ImageInspectError)\b.*?image "([^"]+)"/s,
    message: ([, image]) => `the image ${image} cannot be pulled`,
    hint: 'check its name and tag, and that the cluster may pull it',
  },
  {
    reason: 'image',
    pattern:
      /^(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|ImageInspectError)\b(?:: (.*))?/s,
    message: ([, why]) => `the image cannot be pulled${why === undefined ? '' : `: ${why}`}`,
    hint: 'check its name and tag, and that the cluster may pull it',
  },
  {
    reason: 'claim',
    pattern: /persistentvolumeclaim "([^"]+)" not found/,
    message: ([, claim]) => `the PersistentVolumeClaim ${claim} does not exist`,
    hint: 'create it, or name another with the volume attribute',
  },
  {
    reason: 'claim',
    pattern: /unbound immediate PersistentVolumeClaims|volume node affinity conflict/,
    message: () => 'a PersistentVolumeClaim is not bound to a volume that a node can mount',
    hint: 'look at its events: kubectl describe pvc',
  },
  {
    reason: 'secret',
    pattern: /secret "([\w.-]+\.service-account-token)" not found/,
    message: ([, secret]) => `the secret ${secret}, whose token Argo's executor needs, does not exist`,
    hint: 'create it, as deploy/chart/templates/workflow-rbac.yaml does',
  },
  {
    reason: 'secret',
    pattern: /secret "([^"]+)" not found|couldn't find key (\S+) in Secret (\S+)/,
    message: ([, secret, key, of]) =>
      secret === undefined ? `the secret ${of} has no key ${key}` : `the secret ${secret} does not exist`,
    hint: 'create it with the DSN of the database',
  },
  {
    reason: 'secret',
    // Said of any secret, even of one that does not exist, until the API server has answered the kubelet:
    // https://github.com/kubernetes/kubernetes/issues/133269
    pattern: /failed to sync (secret|configmap) cache/,
    message: ([, kind]) => `its node has not received its ${kind === 'secret' ? 'secrets' : 'ConfigMaps'} yet`,
    hint: 'wait; if it stays like this, see kubectl describe pod',
  },
  {
    reason: 'gpu',
    pattern: /Insufficient nvidia\.com\/gpu(?![.-]?\w)/,
    message: () => 'no node has enough free GPUs',
    hint: 'wait for other pods to end, or request no more GPUs than one node has: WITH gpu = …',
  },
  {
    reason: 'gpu',
    pattern: /Insufficient ([a-z0-9.-]+\/[\w.-]*\w)/,
    message: ([, resource]) => `no node has enough free ${resource}`,
    hint: 'wait for other pods to end, or request no more than one node has: WITH gpu = …',
  },
  {
    reason: 'places',
    // Argo's semaphore: workflow/sync/semaphore.go.
    pattern: /^Waiting for [^ /]+\/[^ /]+\/[^ /]+\/([^ /]+) lock\. Lock status: \d+\/(\d+)/,
    message: ([, profile, places]) => `the profile ${profile} has no free place (${places} in all)`,
    hint: 'wait for other pods of this profile to end, or name another profile',
  },
  {
    reason: 'room',
    pattern: /Insufficient (cpu|memory|ephemeral-storage|pods)/,
    message: ([, resource]) => `no node has enough free ${resource === 'pods' ? 'room for pods' : resource}`,
    hint: 'wait for other pods to end, or request no more than one node has: WITH cpu = …, memory = …',
  },
  {
    reason: 'node',
    pattern: /didn't match Pod's node affinity\/selector|untolerated taint/,
    message: () => 'no node matches its node selector and tolerations',
    hint: 'compare node_selector with the labels and taints of the nodes',
  },
  {
    reason: 'quota',
    pattern: quotaPattern,
    message: quotaWords,
    hint: 'wait until other pods have ended, or raise the quota',
  },
  {
    reason: 'queue',
    // Kueue's gate, which holds a pod back until its queue admits it.
    pattern: /SchedulingGated|scheduling is gated/i,
    message: () => 'its queue has not admitted it yet',
    hint: 'wait for its turn; kubectl get workloads shows the queue',
  },
  {
    reason: 'other',
    pattern: /^(?:Unschedulable|CreateContainer\w*Error|RunContainerError|FailedMount)\b(?:: (.*))?/s,
    message: ([found, why]) => why ?? found,
    hint: 'see kubectl describe pod',
  },
];

/** The pods that cannot start until something else changes. Excludes pods that are just starting. */
export function waitingPods({ metadata: { name } }: ObservedWorkflow, nodes: Nodes): readonly Waiting[] {
  return Object.values(nodes).flatMap((node) => {
    const found = isWaiting(node) ? pendingReason(node.message ?? '') : null;
    const place = found === null ? null : placeOf(node, name);
    return found === null || place === null ? [] : [{ ...place, since: node.startedAt ?? '', ...found }];
  });
}

/** A pod that has not started; or, with retries, the node above the pod that a semaphore does not let be created. */
export function isWaiting({ type, phase, children = [] }: WorkflowNode): boolean {
  return phase === 'Pending' && (type === 'Pod' || (type === 'Retry' && children.length === 0));
}

/** What a pending node's message means; null: it is just starting. */
export function pendingReason(text: string): Pick<Waiting, 'reason' | 'message' | 'hint'> | null {
  for (const { reason, pattern, message, hint } of words) {
    const found = pattern.exec(text);
    if (found !== null) return { reason, message: message(found), hint };
  }
  return null;
}

/** Parses `<workflow>.<step>[.<task>[(<index>:<item>)]][(<attempt>)]`. @returns null if the node is not ours */
export function placeOf(
  { name }: Pick<WorkflowNode, 'name'>,
  workflow: string,
): { step: string; source: string } | null {
  if (!name.startsWith(`${workflow}.`)) return null;
  const found = /^([^.()]+)(?:\.([^.()]+)(?:\(\d+:(\d+)\))?)?(?:\(\d+\))?$/.exec(name.slice(workflow.length + 1));
  const [, step, task, number] = found ?? [];
  if (step === undefined) return null;
  return { step, source: number === undefined ? (task ?? 'statement') : `${task}-${number}` };
}
